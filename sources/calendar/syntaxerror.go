package calendar

import (
	"fmt"
	"strings"
)

// SyntaxError says what is wrong with the text of an expression. All errors of
// Parse and ParseCron are of this type.
type SyntaxError struct {
	Text    string // the whole text
	Offset  int    // in bytes, where the part that is wrong begins
	Problem string // what is wrong: "weekday: there is no \"Tus\""
	Hint    string // what to write instead, or empty: "did you mean Tue?"
}

// shownText is how much of a text an error repeats, in bytes.
const shownText = 80

func (e *SyntaxError) Error() string {
	text := e.Text
	if len(text) > shownText {
		text = text[:shownText] + "…"
	}
	message := fmt.Sprintf("calendar expression %q: at offset %d: %s", text, e.Offset, e.Problem)
	if e.Hint != "" {
		message += " (" + e.Hint + ")"
	}
	return message
}

// nearest returns the word that was probably meant: one edit away, or two for a
// word of more than four letters, and no other nearer.
func nearest(word string, words []string) (best string, found bool) {
	const short, long, tooLong = 2, 3, 32
	limit := short
	if len(word) > 4 {
		limit = long
	}
	if len(word) > tooLong {
		return "", false
	}
	for _, w := range words {
		if d := distance(strings.ToLower(word), strings.ToLower(w)); d < limit {
			best, limit, found = w, d, true
		}
	}
	return best, found
}

// didYouMean is the hint for a word that is none of those.
func didYouMean(word string, words []string, otherwise string) string {
	if w, ok := nearest(word, words); ok {
		return "did you mean " + w + "?"
	}
	return otherwise
}

// distance counts the letters to insert, delete, replace or exchange with their
// neighbour to make b of a.
func distance(a, b string) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			change := 1
			if a[i-1] == b[j-1] {
				change = 0
			}
			d := min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+change)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d = min(d, rows[i-2][j-2]+1)
			}
			rows[i][j] = d
		}
	}
	return rows[len(a)][len(b)]
}
