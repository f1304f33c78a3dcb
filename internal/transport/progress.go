package transport

import "github.com/curlew-rpc/curlew/compress"

// Progress is how far a response of length-prefixed messages has come, and what its
// messages are compressed with. Negotiated is the compressor that the request's header
// asks for, nil if none.
type Progress struct {
	Headed bool // the response header has been sent
	Cut    bool // a message may have been sent in part
	plain  bool // messages are sent uncompressed whatever was negotiated
	Forced compress.Compressor
}

// Choose is SetCompressor of [Exchange].
func (p *Progress) Choose(c, negotiated compress.Compressor) bool {
	switch {
	case c == nil:
	case c == p.Announced(negotiated):
	case p.Headed:
		return false
	default:
		p.Forced = c
	}
	p.plain = c == nil
	return true
}

// Announced returns the compressor that the response header names.
func (p *Progress) Announced(negotiated compress.Compressor) compress.Compressor {
	if p.Forced != nil {
		return p.Forced
	}
	return negotiated
}

// Compressor returns what the next message is compressed with.
func (p *Progress) Compressor(negotiated compress.Compressor) compress.Compressor {
	if p.plain {
		return nil
	}
	return p.Announced(negotiated)
}
