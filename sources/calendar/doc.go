// Package calendar reads calendar expressions, systemd's and cron's, and says
// when they are due next.
//
//	e, err := calendar.Parse("Mon..Fri 07:30 Europe/Berlin")
//	at, ok := e.Next(time.Now())
//
//	e, err = calendar.ParseCron("30 7 * * MON-FRI")
//
// # OnCalendar
//
// Parse reads what OnCalendar= of a timer unit takes, see systemd.time(7):
//
//	minutely, hourly, daily, weekly, monthly, quarterly, semiannually, yearly
//	Sat,Sun 10:00            weekdays, lists of them
//	Mon..Fri 2026-*-1,15     ranges; year, month and day
//	*:0/10                   every ten minutes: the first value and its step
//	8..18/2:00               a range with a step
//	*-*~1 23:00              the last day of each month
//	Mon *-05~7/1             the last Monday in May
//	*:*:0/0.25               four times a second
//	02:30 America/New_York   a zone, UTC or a name of the tz database
//	@1767225600              one moment, in seconds since 1970
//
// # cron
//
// ParseCron reads the five fields of a crontab as cronie does: *, lists,
// ranges, steps, names of months and days, 7 for Sunday, and the words @hourly,
// @daily, @midnight, @weekly, @monthly, @yearly, @annually. CRON_TZ=Zone or
// TZ=Zone may stand before them. When both the day of the month and the day of
// the week are restricted, a day is due that fits either; a field that begins
// with a star, such as */2, is not restricted and then both must fit.
//
// # When the clocks change
//
// An expression speaks of what a wall clock shows. Where the clock jumps over a
// time or shows it twice, three rules hold, as measured against systemd 252 and
// read from cronie:
//
//	                          02:30, jumped over      01:30, shown twice
//	OnCalendar                skipped that day        the first
//	cron, no star in minute   once, at the first      the first
//	and hour (30 2 * * *)     moment after the jump
//	cron, star in either      every real time the clock shows a fitting time:
//	(0 * * * *)               skipped                 both
//
// For OnCalendar this holds for every expression: "hourly" misses the second
// 02:00 of a night in which 02:00 comes twice. Asked from within the repeated
// hour, Next answers with times of that repeat, as systemd does. A jump of three
// hours or more, such as Samoa's missing day, is no daylight saving: nothing is
// made up for. Hours in UTC have none of these questions.
//
// # Where it differs from systemd
//
// On purpose:
//
//   - Fri..Mon is Friday to Monday; systemd refuses a range that wraps.
//   - The short names of the machine's own zone (CEST) are refused: an
//     expression means the same on every machine. CET, EST and others that the
//     tz database lists are zones.
//   - A sign or blank in @timestamp is refused.
//
// Because systemd 252 is wrong there:
//
//   - A step that does not divide its field begins anew in the next month, day
//     or minute. systemd goes on counting where a larger unit turns over too:
//     for 0/5:00 it misses 00:00 on the first of each month, for *-*-1/4 the
//     first of January, for *:*:0/0.7 each full minute.
//   - A list of days from the end of the month may have any of them; systemd
//     refuses *-*~1,26 because its limit shrinks with each day of the list.
//   - *:*:0/1,0.5 keeps its half second, which systemd does not print.
//   - Of a time shown twice systemd takes the second if it came from far and the
//     clock is put back across the first midnight of a month (America/Havana,
//     2020-11-01 00:30), and sometimes for days counted from the end of the
//     month. Here it is the first.
//   - Where clocks are put back from standard time (Europe/Dublin), or forward
//     without daylight saving (Asia/Kathmandu in 1986), systemd may stand still
//     or give up. It gives up after 1,000 steps, too. Here the rules hold
//     everywhere and as far as the year 2199.
//
// # Where it differs from cronie
//
//   - FRI-SUN and 5-0 do not wrap in either; here FRI-SUN is 5-7.
//   - What follows a star is read: "*5" is refused, cronie takes it as "*".
//   - @reboot has no time and is refused.
//
// # Errors
//
// Every error is a *SyntaxError, with the offset of the part that is wrong, what
// is wrong with it, and a hint what to write.
//
// # Concurrency and cost
//
// An Expression never changes and may be used from any goroutine. The package
// reads no clock and starts no goroutine. Parse opens a file only to load a
// named zone. Next goes field by field, and zone change by zone change; its
// work is bounded by the years to 2199, whatever the expression.
//
// # Testing
//
// The tests compare with systemd-analyze calendar where it is installed, and
// with minute-by-minute searches: a thousand generated expressions if
// REACTORD_SOAK is set, else 60. CALENDAR_SEED repeats a run that failed. FuzzParse
// and FuzzParseCron compare with a matcher that reads the normal form.
package calendar
