package sources

import "testing"

// A message is about the process connector, whole, and about a process that can
// be, or it is passed over.
func FuzzConnector(f *testing.F) {
	whole := append(connectorRequest(connectorExec), make([]byte, 36)...)
	whole[0] = byte(len(whole))
	whole[atEvent], whole[atEvent+4] = 7, 7
	f.Add(whole)
	f.Add(whole[:len(whole)-30])
	f.Add(connectorRequest(connectorListen))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, data []byte) {
		e, ok := parseConnector(data)
		if ok && len(data) < atEvent+8 {
			t.Fatalf("%d bytes taken for an event", len(data))
		}
		if !ok && e != (connectorEvent{}) {
			t.Fatalf("half an event: %+v", e)
		}
		if e.tells() && e.tgid <= 0 {
			t.Fatalf("process %d", e.tgid)
		}
	})
}
