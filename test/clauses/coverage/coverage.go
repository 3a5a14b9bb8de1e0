// Package coverage tells which clauses of the contract have a test.
//
// A clause is proved by a test whose name begins with its number:
// TestS14_LatchedWhenTheHandlerIsAboutToRun, or the sub-test
// t.Run("S14_LatchedWhenTheHandlerIsAboutToRun", ...).
package coverage

import (
	"bufio"
	"io"
	"regexp"
	"slices"
	"strings"
)

// Sections are those of the contract's first part, the library, whose clauses
// are promises. (Section E states facts.)
var Sections = []string{"S", "C", "T", "D", "R", "W", "G", "P", "V", "Q", "B", "H", "GR", "SE", "AP", "BL", "ON", "N"}

// Required are the sections of which every clause must have a test.
var Required = []string{"S", "C", "D", "Q", "B", "H", "GR", "SE", "AP", "BL", "ON", "N"}

// words is how much of a clause is quoted.
const words = 12

// Clause is one promise of the contract.
type Clause struct {
	Section string // "S"
	Number  string // "S14"
	Words   string // how its text begins
}

// Required says whether the clause must have a test.
func (c Clause) Required() bool { return slices.Contains(Required, c.Section) }

// String is the clause as it is listed: its number and its first words.
func (c Clause) String() string { return c.Number + "\t" + c.Words }

// item is the first line of a clause: "- **S14.** No source holds".
var item = regexp.MustCompile(`^- \*\*([A-Z]+)([0-9]+)\.\*\* +(.*)$`)

// Clauses reads the contract and returns the clauses of Sections, in the order
// they stand there.
func Clauses(contract io.Reader) ([]Clause, error) {
	var found []Clause
	var text []string // the words of the clause being read
	reading := false
	end := func() {
		if reading {
			found[len(found)-1].Words = quote(text)
		}
		reading, text = false, nil
	}
	lines := bufio.NewScanner(contract)
	for lines.Scan() {
		line := lines.Text()
		if m := item.FindStringSubmatch(line); m != nil {
			end()
			if slices.Contains(Sections, m[1]) {
				found = append(found, Clause{Section: m[1], Number: m[1] + m[2]})
				reading, text = true, strings.Fields(m[3])
			}
		} else if rest, goesOn := strings.CutPrefix(line, "  "); goesOn {
			text = append(text, strings.Fields(rest)...)
		} else {
			end()
		}
	}
	end()
	return found, lines.Err()
}

func quote(text []string) string {
	if len(text) <= words {
		return strings.Join(text, " ")
	}
	return strings.Join(text[:words], " ") + " …"
}

// Missing returns the clauses that none of the tests is named after.
func Missing(clauses []Clause, tested map[string][]string) []Clause {
	var missing []Clause
	for _, c := range clauses {
		if len(tested[c.Number]) == 0 {
			missing = append(missing, c)
		}
	}
	return missing
}
