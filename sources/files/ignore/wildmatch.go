package ignore

import "strings"

// wildmatch reports whether text is what the pattern says, by the rules of
// gitignore(5) and fnmatch(3): ? is any byte, * any number of them, [a-z] one of
// some, and a backslash takes the meaning from what follows. With slashes set none
// of these is a slash, and ** between slashes, or at an end, is any number of
// directories.
func wildmatch(pattern, text string, slashes bool) bool {
	return match(pattern, text, slashes, true) == yes
}

// answer is what comparing from some place on says.
type answer uint8

const (
	no answer = iota
	yes
	never  // nor will it if a star before this place takes more
	deeper // nor will it unless a star that takes slashes takes more
)

// match compares. begins says that the pattern begins here, or behind a slash.
func match(pattern, text string, slashes, begins bool) answer {
	for pattern != "" {
		c := pattern[0]
		if text == "" && c != '*' {
			return never
		}
		switch c {
		case '*':
			return star(pattern, text, slashes, begins)
		case '?':
			if slashes && text[0] == '/' {
				return no
			}
			pattern = pattern[1:]
		case '[':
			rest, among, ok := class(pattern[1:], text[0])
			if !ok {
				return never
			}
			if !among || slashes && text[0] == '/' {
				return no
			}
			pattern = rest
		case '\\':
			if len(pattern) == 1 {
				return never
			}
			c = pattern[1]
			pattern = pattern[1:]
			fallthrough
		default:
			if text[0] != c {
				return no
			}
			pattern = pattern[1:]
		}
		begins = text[0] == '/'
		text = text[1:]
	}
	if text == "" {
		return yes
	}
	return no
}

// star compares from a star on.
func star(pattern, text string, slashes, begins bool) answer {
	rest := strings.TrimLeft(pattern, "*")
	stars := len(pattern) - len(rest)
	deep := !slashes // it takes slashes too
	if slashes && stars >= 2 && begins && (rest == "" || rest[0] == '/' || strings.HasPrefix(rest, `\/`)) {
		if rest != "" && rest[0] == '/' { // no directory at all
			if a := match(rest[1:], text, slashes, true); a == yes || a == never {
				return a
			}
		}
		deep = true
	}
	if rest == "" {
		if !deep && strings.Contains(text, "/") {
			return deeper
		}
		return yes
	}
	for ; text != ""; text = text[1:] {
		switch a := match(rest, text, slashes, false); {
		case a != no && !(deep && a == deeper):
			return a
		case !deep && text[0] == '/':
			return deeper
		}
	}
	return never
}

// class compares c with what stands behind a bracket. rest is what follows the
// class; ok says that it has an end.
func class(pattern string, c byte) (rest string, among, ok bool) {
	negated := false
	if pattern != "" && (pattern[0] == '!' || pattern[0] == '^') {
		negated, pattern = true, pattern[1:]
	}
	for first := true; ; first = false {
		if pattern == "" {
			return "", false, false
		}
		if pattern[0] == ']' && !first {
			return pattern[1:], among != negated, true
		}
		if name, after, found := strings.Cut(strings.TrimPrefix(pattern, "[:"), ":]"); found && strings.HasPrefix(pattern, "[:") && !strings.Contains(name, "]") {
			is, known := named[name]
			if !known {
				return "", false, false
			}
			among = among || is(c)
			pattern = after
			continue
		}
		low, after, found := literal(pattern)
		if !found {
			return "", false, false
		}
		pattern = after
		high := low
		if len(pattern) > 1 && pattern[0] == '-' && pattern[1] != ']' {
			if high, pattern, found = literal(pattern[1:]); !found {
				return "", false, false
			}
		}
		among = among || low <= c && c <= high
	}
}

// literal is the first byte, or the one behind a backslash.
func literal(pattern string) (c byte, rest string, ok bool) {
	if pattern[0] == '\\' {
		if pattern = pattern[1:]; pattern == "" {
			return 0, "", false
		}
	}
	return pattern[0], pattern[1:], true
}

// named are the classes with a name, of ASCII.
var named = map[string]func(byte) bool{
	"alnum":  func(c byte) bool { return letter(c) || digit(c) },
	"alpha":  letter,
	"blank":  func(c byte) bool { return c == ' ' || c == '\t' },
	"cntrl":  func(c byte) bool { return c < ' ' || c == 0x7f },
	"digit":  digit,
	"graph":  func(c byte) bool { return c > ' ' && c < 0x7f },
	"lower":  func(c byte) bool { return 'a' <= c && c <= 'z' },
	"print":  func(c byte) bool { return c >= ' ' && c < 0x7f },
	"punct":  func(c byte) bool { return c > ' ' && c < 0x7f && !letter(c) && !digit(c) },
	"space":  func(c byte) bool { return c == ' ' || '\t' <= c && c <= '\r' },
	"upper":  func(c byte) bool { return 'A' <= c && c <= 'Z' },
	"xdigit": func(c byte) bool { return digit(c) || 'a' <= c|0x20 && c|0x20 <= 'f' },
}

func letter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }
func digit(c byte) bool  { return '0' <= c && c <= '9' }
