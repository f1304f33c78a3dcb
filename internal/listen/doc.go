// Package listen opens the sockets that servers accept connections on: new ones,
// those of a predecessor that is to be relieved, and those that systemd passes.
package listen
