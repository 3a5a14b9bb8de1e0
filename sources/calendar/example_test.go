package calendar_test

import (
	"fmt"
	"time"

	"github.com/reactord/reactord/sources/calendar"
)

func ExampleParse() {
	e, err := calendar.Parse("Mon..Fri 7:30 Europe/Berlin")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(e)
	at, _ := e.Next(time.Date(2026, 3, 27, 12, 0, 0, 0, time.UTC))
	fmt.Println(at)
	// Output:
	// Mon..Fri *-*-* 07:30:00 Europe/Berlin
	// 2026-03-30 07:30:00 +0200 CEST
}

func ExampleParse_error() {
	_, err := calendar.Parse("Mon..Tus 10:00")
	fmt.Println(err)
	// Output:
	// calendar expression "Mon..Tus 10:00": at offset 5: weekday: there is no "Tus" (did you mean Tue?)
}

func ExampleParseCron() {
	e, err := calendar.ParseCron("CRON_TZ=America/New_York 30 2 * * *")
	if err != nil {
		fmt.Println(err)
		return
	}
	at := time.Date(2026, 3, 7, 12, 0, 0, 0, time.UTC)
	for range 2 {
		at, _ = e.Next(at) // 02:30 does not exist on the first of these days
		fmt.Println(at)
	}
	// Output:
	// 2026-03-08 03:00:00 -0400 EDT
	// 2026-03-09 02:30:00 -0400 EDT
}
