package sources

import (
	"math"
	"os"
	"path/filepath"
	"strconv"
	"testing"
)

// A pressure file gives shares that are numbers and totals that don't overflow,
// or an error.
func FuzzPressureNumbers(f *testing.F) {
	f.Add("some avg10=0.00 avg60=1.25 avg300=100.00 total=123456\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n")
	f.Add("full total=18446744073709551615")
	f.Add("some avg10=NaN")
	f.Add("some avg10=1e999")
	f.Add("none\n\nsome")
	f.Fuzz(func(t *testing.T, text string) {
		n, err := parsePressure(text)
		if (n == nil) == (err == nil) {
			t.Fatalf("%v and %v", n, err)
		}
		if n == nil {
			return
		}
		for _, s := range []StallNumbers{n.Some, n.Full} {
			for _, share := range []float64{s.Avg10, s.Avg60, s.Avg300} {
				if math.IsNaN(share) || math.IsInf(share, 0) {
					t.Fatalf("a share of %v", share)
				}
			}
			if s.Total < 0 {
				t.Fatalf("a total of %v", s.Total)
			}
		}
	})
}

// A name can hold anything, and changes nothing of what is read behind it.
func FuzzStat(f *testing.F) {
	const fields = " Z 1 1 1 0 -1 4 0 0 0 0 0 0 0 0 20 0 1 0 4711 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 17 0 0 0 0 0 0 0 0 0 0 0 0 0 0 256"
	for _, name := range []string{"sh", "a) R 1 (b", "\n", "", ")", "Z 1 2 3"} {
		f.Add(name, fields)
	}
	f.Add("x", " R")
	f.Fuzz(func(t *testing.T, name, rest string) {
		if len(rest) > 0 && rest[0] == ' ' {
			alone, ended := parseStat("1 (sh)" + rest)
			if got, also := parseStat("1 (" + name + ")" + rest); got != alone || also != ended {
				t.Fatalf("%q: %v %v, as sh %v %v", name, got, also, alone, ended)
			}
			one, ok := parseStartTime("1 (sh)" + rest)
			if got, also := parseStartTime("1 (" + name + ")" + rest); got != one || also != ok {
				t.Fatalf("%q: started %v %v, as sh %v %v", name, got, also, one, ok)
			}
		}
		parseStat(name)
		parseStartTime(name)
	})
}

// What is taken for a pid is one, and was written so.
func FuzzPidfile(f *testing.F) {
	for _, text := range []string{"1", " 42\n", "0", "-1", "+1", "2147483648", "1 2", "٣"} {
		f.Add(text)
	}
	path := filepath.Join(f.TempDir(), "pid")
	f.Fuzz(func(t *testing.T, text string) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		pid, err := ReadPidfile(path)
		if (err == nil) != (pid > 0) {
			t.Fatalf("%q: pid %d, %v", text, pid, err)
		}
		if n, err := strconv.Atoi(text); err == nil && text == strconv.Itoa(n) && n > 0 && n <= math.MaxInt32 && n != pid {
			t.Fatalf("%q is taken for %d", text, pid)
		}
	})
}

// Every whole record is counted, with a sender or among those left out.
func FuzzSignalRecords(f *testing.F) {
	f.Add(make([]byte, recordSize), 1)
	f.Add(make([]byte, 3*recordSize-1), MaxSenders)
	f.Fuzz(func(t *testing.T, data []byte, repeat int) {
		repeat = max(repeat, -repeat)%(2*MaxSenders) + 1
		if len(data) > 4*recordSize {
			return
		}
		var p exactPending
		for range repeat {
			p.add(data)
		}
		want := uint64(repeat * (len(data) / recordSize))
		s, ok := p.Latch()
		var counted uint64
		for _, n := range s.Counts {
			counted += uint64(n)
		}
		if told := uint64(len(s.Senders)) + s.Omitted; ok != (want > 0) || counted != want || told != want || len(s.Senders) > MaxSenders {
			t.Fatalf("%d records: %d counted, %d with a sender and %d without", want, counted, len(s.Senders), s.Omitted)
		}
	})
}
