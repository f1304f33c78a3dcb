package listen

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
)

// What systemd says to the processes that it starts is in the environment, see
// sd_listen_fds(3) and sd_notify(3). It is read only when somebody asks for it by
// an address or an option.

// firstFD is the descriptor of the first socket (SD_LISTEN_FDS_START).
const firstFD = 3

// find returns the descriptor of the socket called name, or of the only one if
// name is empty, by what the environment of the process pid says.
func find(name string, pid int, env func(string) string) (fd int, err error) {
	if env("LISTEN_PID") != strconv.Itoa(pid) {
		return 0, errors.New("systemd has passed no sockets to this process")
	}
	n, err := strconv.Atoi(env("LISTEN_FDS"))
	if err != nil || n < 1 {
		return 0, fmt.Errorf("systemd has passed no sockets: LISTEN_FDS is %q", env("LISTEN_FDS"))
	}
	if name == "" && n == 1 {
		return firstFD, nil
	}
	names := strings.Split(env("LISTEN_FDNAMES"), ":")
	found := 0
	for i, have := range names[:min(n, len(names))] {
		if have == name && name != "" {
			fd = firstFD + i
			found++
		}
	}
	if found != 1 {
		return 0, fmt.Errorf("%d of the %d sockets from systemd are called %q: they are %q", found, n, name, names)
	}
	return fd, nil
}

// activated returns a listener for a socket that systemd has passed. The descriptor
// stays open, as it does in systemd, so that it can be asked for again.
func activated(name string) (net.Listener, error) {
	fd, err := find(name, os.Getpid(), os.Getenv)
	if err != nil {
		return nil, err
	}
	return inherit(fd)
}

// Notify tells systemd of a state, "READY=1" for instance. Without systemd it does
// nothing.
func Notify(state string) error {
	path := os.Getenv("NOTIFY_SOCKET")
	if path == "" {
		return nil
	}
	if path[0] == '@' { // a name that is no file
		path = "\x00" + path[1:]
	}
	nc, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		return err
	}
	defer nc.Close()
	_, err = nc.Write([]byte(state))
	return err
}
