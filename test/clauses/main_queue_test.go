package clauses_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"

	"github.com/reactord/reactord/reactor"
)

func TestQ12_MainQueue(t *testing.T) {
	r := start(t)
	main := r.Main()
	if main.Width() != 1 {
		t.Errorf("width %d, want 1", main.Width())
	}
	child := r.NewQueue("child", reactor.Target(main))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var inside crowd
	var got []int // guarded by the queue
	var strangers atomic.Int32
	self := make(chan string, 1)
	caller := ""
	item := func(i int) func() {
		return func() {
			inside.enter()
			defer inside.leave()
			got = append(got, i)
			if goroutine() != caller {
				strangers.Add(1)
			}
		}
	}
	for i := range 100 {
		main.Async(item(i))
	}
	drain(t, r.NewQueue("another"))
	if inside.largest() != 0 {
		t.Fatal("an item of the main queue ran though nobody drains it")
	}
	main.Async(func() {
		child.Async(func() { // by way of a target
			item(100)()
			main.Async(func() { item(101)(); cancel() })
		})
	})
	ended := make(chan error, 1)
	go func() {
		caller = goroutine()
		ended <- r.RunMain(ctx)
		self <- caller
	}()
	if err := receive(t, ended, "end of RunMain"); !errors.Is(err, context.Canceled) {
		t.Errorf("RunMain returned %v", err)
	}
	receive(t, self, "caller")
	for i, v := range got {
		if v != i {
			t.Fatalf("ran in the order %v", got)
		}
	}
	if len(got) != 102 || inside.largest() != 1 || strangers.Load() != 0 {
		t.Errorf("%d of 102 ran, %d at once, %d on another goroutine than RunMain's", len(got), inside.largest(), strangers.Load())
	}
}

func TestQ12_WhatWaitsIsKept(t *testing.T) {
	r := start(t)
	main := r.Main()
	for round := range 3 { // the item that ends RunMain is followed by another
		ctx, cancel := context.WithCancel(t.Context())
		ran := 0
		g := newGate()
		main.Async(func() { ran++; g.pass() })
		ended := make(chan error, 1)
		go func() { ended <- r.RunMain(ctx) }()
		receive(t, g.inside, "item")
		main.Suspend()
		main.Async(func() { ran++ })
		cancel()
		g.open()
		if err := receive(t, ended, "end of RunMain"); !errors.Is(err, context.Canceled) {
			t.Errorf("RunMain returned %v", err)
		}
		if ran != 1 {
			t.Fatalf("round %d: %d items ran, want 1", round, ran)
		}
		main.Resume()
		again, stop := context.WithCancel(t.Context())
		main.Async(stop)
		finishes(t, "another RunMain", func() { _ = r.RunMain(again) })
		if ran != 2 {
			t.Fatalf("round %d: %d items ran, want 2", round, ran)
		}
	}
}

func TestQ12_SyncOntoTheMainQueue(t *testing.T) {
	r := start(t)
	main := r.Main()
	ctx, cancel := context.WithCancel(t.Context())
	ran := make(chan string, 1)
	go main.Sync(func() { ran <- reactor.CurrentLabel() }) // waits until somebody drains it
	drain(t, r.NewQueue("another"))
	none(t, ran, "item of the main queue, which nobody drains")
	ended := make(chan struct{})
	go func() { _ = r.RunMain(ctx); close(ended) }()
	if l := receive(t, ran, "sync"); l != main.Label() {
		t.Errorf("ran on %q, want %q", l, main.Label())
	}
	self := make(chan any, 1)
	main.Async(func() { self <- recovered(func() { main.Sync(func() {}) }) }) // Q4
	deadlock(t, receive(t, self, "sync onto the main queue from itself"), main.Label())
	cancel()
	receive(t, ended, "end of RunMain")
}
