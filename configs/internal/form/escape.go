package form

import "strconv"

// escapes are those of a double-quoted scalar that are one letter long.
var escapes = map[byte]string{
	'0': "\x00", 'a': "\a", 'b': "\b", 't': "\t", '\t': "\t", 'n': "\n", 'v': "\v", 'f': "\f", 'r': "\r", 'e': "\x1b",
	' ': " ", '"': `"`, '/': "/", '\\': `\`, 'N': "\u0085", '_': "\u00a0", 'L': "\u2028", 'P': "\u2029",
}

// escape reads an escape of a double-quoted scalar: how many bytes are written,
// and what they mean.
func escape(line string) (written int, meant string) {
	if len(line) < 2 {
		return 0, ""
	}
	digits := map[byte]int{'x': 2, 'u': 4, 'U': 8}[line[1]]
	if digits == 0 {
		meant, known := escapes[line[1]]
		if !known {
			return 0, ""
		}
		return 2, meant
	}
	if len(line) < 2+digits {
		return 0, ""
	}
	code, err := strconv.ParseUint(line[2:2+digits], 16, 32)
	if err != nil {
		return 0, ""
	}
	return 2 + digits, string(rune(code))
}
