package form

import "strings"

// Suggest returns the known name that is nearest to a wrong one as a hint, or
// nothing if none is near.
func Suggest(wrong string, known []string) string {
	wrong = strings.ToLower(wrong)
	best, name := len(wrong)/3+2, ""
	for _, k := range known {
		if d := distance(wrong, k); d < best {
			best, name = d, k
		}
	}
	if name == "" {
		return ""
	}
	return "did you mean " + name + "?"
}

// distance is how many letters are to be put in, left out or exchanged to make b
// of a; it is not exact beyond the lengths that matter here.
func distance(a, b string) int {
	const longest = 64
	if len(a) > longest || len(b) > longest {
		return max(len(a), len(b))
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost = 1 + min(diagonal, row[j], row[j+1])
			}
			diagonal, row[j+1] = row[j+1], cost
		}
	}
	return row[len(b)]
}
