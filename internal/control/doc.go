// Package control is the daemon's control socket: HTTP with JSON bodies over a
// unix socket, so that `curl --unix-socket PATH http://reactord/v1/status`
// works.
//
//	GET  /v1/status        daemon.Status
//	POST /v1/emit/NAME     the body is one datum; 204
//	POST /v1/emit/NAME?each=line
//	                       every line of the body is a datum, taken as it
//	                       comes; answers Emitted when the body ends
//
// An error is answered as {"error": "…"} with a status that says whose fault
// it is: 400 the datum's, 404 no such source, 429 the source has no room, 503 the
// daemon stops.
//
// # Who may call
//
// The socket's file is open to its owner and its group. Beside that the
// kernel's word for who is at the other end is asked at every call: root, the
// daemon's own user and members of the socket's group may.
//
// # What a client costs
//
// Connections are bounded, headers and bodies have limits, an answer is made
// before it is written, and no lock of the daemon's is held while a client
// reads slowly or not at all.
package control
