package handlers_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reactord/reactord/handlers"
	"github.com/reactord/reactord/internal/expr"
)

// EV3: a payload arrives as it was emitted, and its numbers are numbers in
// expressions, where Go has one that holds them.
func TestEV3_Payload(t *testing.T) {
	for _, tt := range []struct {
		payload, record string // the record is the payload where it is empty
		template, text  string
		condition       string
	}{
		{`{"id":1234567890123456789}`, "", "${items[0].id} ${items[0].id - 1}", "1234567890123456789 1234567890123456788", "items[0].id == 1234567890123456789"},
		{`{"id":18446744073709551615}`, "", "${items[0].id}", "18446744073709551615", "items[0].id > 3"},
		{`{"id":123456789012345678901234567890}`, "", "${items[0].id}", "123456789012345678901234567890", "3 < items[0].id and items[0].id <= items[0].id"},
		{`{"x":1e400}`, "", "${items[0].x}", "1e400", "items[0].x > 3"},
		{`{"x":1.50}`, "", "${items[0].x * 2}", "3", "items[0].x < 2 and items[0].x == 1.5"},
		{`[1,[2,{"a":-3}],[]]`, "", "${items[0][1][1].a + items[0][0]} ${items[0][2]}", "-2 []", "items[0][0] in [1, 2]"},
		{`12`, "", "${items[0] % 5}", "2", "sum(items) == 12"},
		{`"text"`, "", "${items[0]}", "text", `items[0] == "text"`},
		{`no JSON`, `"no JSON"`, "${items[0]}", "no JSON", `items[0] startsWith "no"`},
		{`1 2`, `"1 2"`, "${items[0]}", "1 2", `items[0] == "1 2"`},
	} {
		t.Run(tt.payload, func(t *testing.T) {
			e := handlers.Event{Source: "s", Kind: "custom", Items: []any{handlers.Payload(tt.payload)}}
			text, err := json.Marshal(e)
			if err != nil {
				t.Fatal(err)
			}
			want := tt.record
			if want == "" {
				want = tt.payload
			}
			if want = `{"source":"s","kind":"custom","items":[` + want + `]}`; string(text) != want {
				t.Errorf("%s, want %s", text, want)
			}
			var again handlers.Event
			if err := json.Unmarshal(text, &again); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(e, again); diff != "" {
				t.Error(diff)
			}
			env := expr.EnvFor("custom list", "event")
			template, err := expr.CompileTemplate(tt.template, env)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := template.Text(e.Fields()); got != tt.text || err != nil {
				t.Errorf("%s is %q, %v; want %q", tt.template, got, err, tt.text)
			}
			condition, err := expr.CompileCondition(tt.condition, env)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := condition.True(e.Fields()); !got || err != nil {
				t.Errorf("%s is %v, %v", tt.condition, got, err)
			}
		})
	}
}
