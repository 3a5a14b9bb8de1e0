package control

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"golang.org/x/sys/unix"

	"github.com/reactord/reactord/coalesce"
	"github.com/reactord/reactord/internal/daemon"
)

// Daemon is what the socket controls.
type Daemon interface {
	Status() daemon.Status
	Emit(name, data string) error
}

// Limits of what a client may send and how long it may take.
const (
	maxHeader     = 16 << 10
	maxDatum      = 1 << 20
	headerTimeout = 5 * time.Second
	idleTimeout   = time.Minute
	writeTimeout  = 10 * time.Second
)

// Server answers the control socket. Each call runs on a goroutine of its own.
type Server struct {
	daemon Daemon
	http   http.Server
	group  int
	ended  chan struct{}
}

// Serve begins to answer what comes on l, a listener made by Listen.
func Serve(l net.Listener, d Daemon) (*Server, error) {
	var st unix.Stat_t
	if err := unix.Stat(l.Addr().String(), &st); err != nil {
		return nil, fmt.Errorf("control socket: %w", err)
	}
	s := &Server{daemon: d, group: int(st.Gid), ended: make(chan struct{})}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/status", s.status)
	mux.HandleFunc("POST /v1/emit/{name}", s.emit)
	s.http = http.Server{Handler: s.checked(mux), MaxHeaderBytes: maxHeader,
		ReadHeaderTimeout: headerTimeout, IdleTimeout: idleTimeout,
		ConnContext: func(ctx context.Context, c net.Conn) context.Context { return context.WithValue(ctx, peerKey{}, c) }}
	go func() {
		defer close(s.ended)
		_ = s.http.Serve(l)
	}()
	return s, nil
}

// Close stops answering. Calls that are being answered get a moment to finish.
func (s *Server) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	err := s.http.Shutdown(ctx)
	if err != nil {
		err = s.http.Close()
	}
	<-s.ended
	return err
}

type peerKey struct{}

// checked lets only those through who may call.
func (s *Server) checked(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, _ := r.Context().Value(peerKey{}).(net.Conn)
		if err := allowed(conn, s.group); err != nil {
			answer(w, http.StatusForbidden, failure{err.Error()})
			return
		}
		next.ServeHTTP(w, r)
	})
}

type failure struct {
	Error string `json:"error"`
}

// Emitted is the answer to a stream of data.
type Emitted struct {
	Accepted int    `json:"accepted"`
	Error    string `json:"error,omitempty"`
}

func answer(w http.ResponseWriter, code int, body any) {
	var text bytes.Buffer
	if err := json.NewEncoder(&text).Encode(body); err != nil {
		code = http.StatusInternalServerError
		text.WriteString(`{"error":"can't encode the answer"}` + "\n")
	}
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(writeTimeout))
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_, _ = text.WriteTo(w)
}

func (s *Server) status(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, s.daemon.Status())
}

func (s *Server) emit(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("name")
	if r.URL.Query().Get("each") == "line" {
		s.emitLines(w, r, name)
		return
	}
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(headerTimeout))
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxDatum))
	if over := new(http.MaxBytesError); errors.As(err, &over) {
		answer(w, http.StatusRequestEntityTooLarge, failure{errTooLong.Error()})
		return
	}
	if err != nil {
		answer(w, http.StatusBadRequest, failure{"read the datum: " + err.Error()})
		return
	}
	if err := s.daemon.Emit(name, string(data)); err != nil {
		answer(w, code(err), failure{err.Error()})
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// errTooLong is the answer to a datum over the limit.
var errTooLong = fmt.Errorf("the datum is longer than %d MiB, the most there may be: write it into a file, and emit its path", maxDatum>>20)

// emitLines takes each line as it comes: a client may keep the connection open
// and send now and then.
func (s *Server) emitLines(w http.ResponseWriter, r *http.Request, name string) {
	var done Emitted
	lines := bufio.NewScanner(r.Body)
	lines.Buffer(nil, maxDatum+2) // with its end
	for lines.Scan() {
		if err := s.daemon.Emit(name, lines.Text()); err != nil {
			done.Error = fmt.Sprintf("line %d: %v", done.Accepted+1, err)
			answer(w, code(err), done)
			return
		}
		done.Accepted++
	}
	if err := lines.Err(); err != nil {
		if errors.Is(err, bufio.ErrTooLong) {
			err = errTooLong
		}
		done.Error = fmt.Sprintf("line %d: %v", done.Accepted+1, err)
		answer(w, http.StatusBadRequest, done)
		return
	}
	answer(w, http.StatusOK, done)
}

// code is the HTTP status for what went wrong with an emit.
func code(err error) int {
	switch {
	case errors.Is(err, coalesce.ErrFull):
		return http.StatusTooManyRequests
	case errors.Is(err, daemon.ErrNoSource):
		return http.StatusNotFound
	case errors.Is(err, daemon.ErrStopping):
		return http.StatusServiceUnavailable
	}
	return http.StatusBadRequest
}
