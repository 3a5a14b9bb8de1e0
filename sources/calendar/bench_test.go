package calendar_test

import (
	"testing"
	"time"

	"github.com/reactord/reactord/sources/calendar"
)

func BenchmarkParse(b *testing.B) {
	for _, text := range []string{"daily", "Mon..Fri *-*-1..7 8..18/2:0/15", "daily Europe/Berlin"} {
		b.Run(text, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := calendar.Parse(text); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkParseCron(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := calendar.ParseCron("*/15 8-18 1,15 * MON-FRI"); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkNext(b *testing.B) {
	loc := place(b, "Europe/Berlin")
	for _, c := range []struct{ name, text string }{
		{"*:0/10", "*:0/10"},
		{"Mon..Fri 07:30", "Mon..Fri 07:30"},
		{"rare", "Mon *-02-29"},
		{"never", "*-02-30"},
		{"always jumped over", "Sun *-03-25..31 02:30"},
	} {
		b.Run(c.name, func(b *testing.B) { next(b, parse(b, c.text), loc) })
	}
	b.Run("cron fixed", func(b *testing.B) { next(b, parseCron(b, "30 7 * * 1-5"), loc) })
	b.Run("cron every time", func(b *testing.B) { next(b, parseCron(b, "*/10 * * * *"), loc) })
	b.Run("cron rare", func(b *testing.B) { next(b, parseCron(b, "* * 29 2 *"), loc) })
}

func next(b *testing.B, e *calendar.Expression, loc *time.Location) {
	b.ReportAllocs()
	start := time.Unix(1772000000, 0).In(loc)
	after := start
	for b.Loop() {
		at, ok := e.Next(after)
		if after = at; !ok || at.Year() > 2030 {
			after = start
		}
	}
}
