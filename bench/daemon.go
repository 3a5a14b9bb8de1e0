package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// daemon is a running reactord; its log lines arrive on lines.
type daemon struct {
	cmd   *exec.Cmd
	lines chan map[string]any
}

const patience = 30 * time.Second

// start runs reactord on a configuration and waits until it is ready.
func (b *bench) start(config string) (*daemon, error) {
	file := filepath.Join(b.dir, "reactord.yaml")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		return nil, err
	}
	d := &daemon{cmd: exec.Command(b.reactord, "run", "--config", file, "--control", filepath.Join(b.dir, "control.sock")),
		lines: make(chan map[string]any, 1024)}
	log, err := d.cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := d.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		defer close(d.lines)
		for scan := bufio.NewScanner(log); scan.Scan(); {
			var l map[string]any
			if json.Unmarshal(scan.Bytes(), &l) != nil {
				l = map[string]any{"message": scan.Text()}
			}
			d.lines <- l
		}
	}()
	if _, err := d.await("ready"); err != nil {
		d.stop()
		return nil, err
	}
	return d, nil
}

// await returns the next line whose message begins so.
func (d *daemon) await(prefix string) (map[string]any, error) {
	timeout := time.After(patience)
	for {
		select {
		case l, open := <-d.lines:
			if !open {
				return nil, fmt.Errorf("reactord ended before it said %q", prefix)
			}
			if text, _ := l["message"].(string); strings.HasPrefix(text, prefix) {
				return l, nil
			}
		case <-timeout:
			return nil, fmt.Errorf("reactord didn't say %q within %v", prefix, patience)
		}
	}
}

func (d *daemon) stop() {
	_ = d.cmd.Process.Signal(os.Interrupt)
	for range d.lines {
	}
	_ = d.cmd.Wait()
}
