package rest

// A charset is a set of ASCII characters.
type charset [2]uint64

func newCharset(chars string) (set charset) {
	for i := range len(chars) {
		set[chars[i]>>6&1] |= 1 << (chars[i] & 63)
	}
	return set
}

func (set *charset) has(c byte) bool {
	return c < 0x80 && set[c>>6]&(1<<(c&63)) != 0
}

const alphanumeric = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

var (
	// unreserved are the characters that stand for themselves everywhere (RFC 3986 §2.3).
	unreserved = newCharset(alphanumeric + "-._~")
	// unreservedAndSlash is for values that may have more than one segment.
	unreservedAndSlash = newCharset(alphanumeric + "-._~/")
	// literalChars are those that a template may have in plain: pchar of RFC 3986 §3.3
	// without the asterisk, which is a wildcard.
	literalChars = newCharset(alphanumeric + "-._~!$&'()+,;=:@")
	// plainChars are those of a literal that stay as they are in a path. An escaped
	// colon never begins a verb.
	plainChars = newCharset(alphanumeric + "-._~!$&'()+,;=@")
	// tokenChars are those of verbs (RFC 9110 §5.6.2).
	tokenChars = newCharset(alphanumeric + "!#$%&'*+-.^_`|~")
)
