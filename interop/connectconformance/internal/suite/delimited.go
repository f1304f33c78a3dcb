// Package suite is what the server and the client under test have in common: how
// they talk to the suite's runner, what they can do, and how the suite writes
// metadata and errors.
package suite

import (
	"encoding/binary"
	"fmt"
	"io"

	"google.golang.org/protobuf/proto"
)

// maxMessage is more than the runner sends, so that a damaged length is an error.
const maxMessage = 64 << 20

// Read reads a message of the runner's into m: its length in four bytes, and the
// message in binary. It returns io.EOF when there is none.
func Read(r io.Reader, m proto.Message) error {
	var prefix [4]byte
	if _, err := io.ReadFull(r, prefix[:]); err != nil {
		return err
	}
	n := binary.BigEndian.Uint32(prefix[:])
	if n > maxMessage {
		return fmt.Errorf("the runner announces a message of %d bytes", n)
	}
	b := make([]byte, n)
	if _, err := io.ReadFull(r, b); err != nil {
		return fmt.Errorf("within a message of the runner: %w", err)
	}
	return proto.Unmarshal(b, m)
}

// Write writes a message for the runner, in one piece.
func Write(w io.Writer, m proto.Message) error {
	b := make([]byte, 4, 4+proto.Size(m))
	b, err := proto.MarshalOptions{}.MarshalAppend(b, m)
	if err != nil {
		return err
	}
	binary.BigEndian.PutUint32(b, uint32(len(b)-4))
	_, err = w.Write(b)
	return err
}
