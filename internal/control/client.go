package control

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/reactord/reactord/internal/daemon"
)

// Client calls a daemon. Methods may be called from any goroutine.
type Client struct {
	path string
	http http.Client
}

// NewClient returns a client of the daemon whose control socket is at path.
func NewClient(path string) *Client {
	var d net.Dialer
	return &Client{path: path, http: http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) { return d.DialContext(ctx, "unix", path) },
	}}}
}

// Close drops kept connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Status asks what the daemon is doing.
func (c *Client) Status(ctx context.Context) (daemon.Status, error) {
	var st daemon.Status
	return st, c.call(ctx, http.MethodGet, "/v1/status", nil, &st)
}

// Emit merges one datum into a custom source.
func (c *Client) Emit(ctx context.Context, name, data string) error {
	return c.call(ctx, http.MethodPost, "/v1/emit/"+url.PathEscape(name), strings.NewReader(data), nil)
}

// EmitLines merges each line of in, as it comes, and returns how many were taken.
func (c *Client) EmitLines(ctx context.Context, name string, in io.Reader) (int, error) {
	var done Emitted
	err := c.call(ctx, http.MethodPost, "/v1/emit/"+url.PathEscape(name)+"?each=line", io.NopCloser(in), &done)
	return done.Accepted, err
}

func (c *Client) call(ctx context.Context, method, path string, body io.Reader, into any) error {
	req, err := http.NewRequestWithContext(ctx, method, "http://reactord"+path, body)
	if err != nil {
		return err
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return c.unreachable(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return fmt.Errorf("daemon at %s: %w", c.path, err)
	}
	if into != nil {
		_ = json.Unmarshal(text, into)
	}
	if resp.StatusCode < 300 {
		return nil
	}
	var f failure
	if json.Unmarshal(text, &f) != nil || f.Error == "" {
		f.Error = resp.Status
	}
	return errors.New(f.Error)
}

// unreachable says what to do about a daemon that can't be called.
func (c *Client) unreachable(err error) error {
	switch {
	case errors.Is(err, unix.ENOENT), errors.Is(err, unix.ECONNREFUSED):
		return fmt.Errorf("no daemon listens at %s: start one with `reactord run`, or name its socket with --control", c.path)
	case errors.Is(err, unix.EACCES), errors.Is(err, unix.EPERM):
		return fmt.Errorf("the control socket %s is open to its owner and group only: run as the daemon's user or join the group", c.path)
	}
	return fmt.Errorf("daemon at %s: %w", c.path, err)
}
