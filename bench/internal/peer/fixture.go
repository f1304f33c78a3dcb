package peer

import (
	"bytes"

	"github.com/curlew-rpc/curlew/bench/benchpb"
)

// Service is the full name of the service that every stack serves.
const Service = "curlew.bench.v1.Bench"

// MessageLimit is how large a message every stack is to take: more than any the bench sends.
const MessageLimit = 64 << 20

// UserID is the user that clients ask for, and UserBytes what the answer has encoded.
const (
	UserID    = 1
	UserBytes = 112
)

// The user.
const (
	UserName  = "Ada Lovelace"
	UserEmail = "ada.lovelace@example.com"
	UserBio   = "Wrote a program before the machine was there."
)

// UserTags returns the user's tags.
func UserTags() []string { return []string{"math", "engines", "poetry"} }

// NewUser returns the answer to GetUser.
func NewUser(id int64) *benchpb.User {
	return &benchpb.User{Id: id, Name: UserName, Email: UserEmail, Bio: UserBio, Tags: UserTags()}
}

// UserLocale is the language that users' bios are in.
const UserLocale = "en-GB"

// FindUser returns the answer to Find: a user with a bio, if it is there in the locale, and with tags if they are asked
// for, so that an answer tells whether a server has read all that was asked.
func FindUser(id int64, locale string, tags bool) *benchpb.User {
	user := NewUser(id)
	if locale != UserLocale {
		user.Bio = ""
	}
	if !tags {
		user.Tags = nil
	}
	return user
}

// NewPayload returns a message of size bytes of data.
func NewPayload(size int) *benchpb.Payload {
	return &benchpb.Payload{Data: bytes.Repeat([]byte{'x'}, size)}
}

// List sends what was asked for by send: count messages, or until it fails. It returns the error of send.
func List(req *benchpb.ListRequest, send func(*benchpb.Payload) error) error {
	msg := NewPayload(int(req.GetSize()))
	for sent := int32(0); req.GetCount() == 0 || sent < req.GetCount(); sent++ {
		if err := send(msg); err != nil {
			return err
		}
	}
	return nil
}
