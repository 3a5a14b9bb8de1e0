package sources

import "testing"

// A message is about the process connector, whole, and about a process that can
// be, or it is passed over.
func FuzzConnector(f *testing.F) {
	whole := append(connectorRequest(connectorExec), make([]byte, 36)...)
	whole[0] = byte(len(whole))
	whole[atEvent], whole[atEvent+4] = 7, 7
	f.Add(whole)
	fork := append([]byte{}, whole...)
	fork[atWhat], fork[atEvent+8], fork[atEvent+12] = connectorFork, 8, 8
	f.Add(fork)
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
		if act, ok := e.act(); ok && (act.PID <= 0 || (act.Kind == ProcessFork) != (act.Child > 0)) {
			t.Fatalf("%+v", act)
		}
	})
}
