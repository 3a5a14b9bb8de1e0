package sources

import "testing"

// Ensure that nothing in a message breaks the parser, and that what is cut off is not
// taken for an end.
func FuzzParseEnding(f *testing.F) {
	f.Add([]byte(nil))
	f.Add(make([]byte, genlHeader+attributeHead))
	f.Add(append(make([]byte, genlHeader), 12, 0, 4, 0, 8, 0, 3, 0, 1, 2, 3, 4))
	f.Fuzz(func(t *testing.T, message []byte) {
		if _, e, ok := parseEnding(message); ok && (len(message) < genlHeader+2*attributeHead+statsEnd || len(e.Name) > statsNameLen) {
			t.Errorf("%d bytes are taken for %+v", len(message), e)
		}
	})
}
