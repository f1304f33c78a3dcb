package hpack

import (
	"slices"
	"testing"
)

// A step of RFC 7541 Appendix C: a block, its fields, and the table after it.
type step struct {
	name   string
	block  string
	fields []Field
	table  []Field
	size   uint32
}

func play(t *testing.T, d *Decoder, steps []step) {
	t.Helper()
	for _, s := range steps {
		wantFields(t, mustDecode(t, d, unhex(s.block)), s.fields)
		if got := entries(t, &d.table); !slices.Equal(got, s.table) || d.table.size != s.size {
			t.Fatalf("%s: table of %d octets\n%v, want %d\n%v", s.name, d.table.size, got, s.size, s.table)
		}
	}
}

// C.2: one field in every representation.
func TestRFCRepresentations(t *testing.T) {
	custom := asFields("custom-key", "custom-header")
	for _, s := range []step{
		{"C.2.1", "400a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572", custom, custom, 55},
		{"C.2.2", "040c 2f73 616d 706c 652f 7061 7468", asFields(":path", "/sample/path"), nil, 0},
		{"C.2.3", "1008 7061 7373 776f 7264 0673 6563 7265 74", []Field{{Name: "password", Value: "secret", Sensitive: true}}, nil, 0},
		{"C.2.4", "82", asFields(":method", "GET"), nil, 0},
	} {
		play(t, NewDecoder(DefaultTableSize), []step{s})
	}
}

var rfcRequests = [][]Field{
	asFields(":method", "GET", ":scheme", "http", ":path", "/", ":authority", "www.example.com"),
	asFields(":method", "GET", ":scheme", "http", ":path", "/", ":authority", "www.example.com", "cache-control", "no-cache"),
	asFields(":method", "GET", ":scheme", "https", ":path", "/index.html", ":authority", "www.example.com", "custom-key", "custom-value"),
}

var rfcRequestTable = asFields("custom-key", "custom-value", "cache-control", "no-cache", ":authority", "www.example.com")

// C.3: requests without Huffman coding.
func TestRFCRequests(t *testing.T) {
	play(t, NewDecoder(DefaultTableSize), []step{
		{"C.3.1", "8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d", rfcRequests[0], rfcRequestTable[2:], 57},
		{"C.3.2", "8286 84be 5808 6e6f 2d63 6163 6865", rfcRequests[1], rfcRequestTable[1:], 110},
		{"C.3.3", "8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65", rfcRequests[2], rfcRequestTable, 164},
	})
}

// C.4: the same with Huffman coding, which is also what our encoder makes of them.
func TestRFCRequestsHuffman(t *testing.T) {
	steps := []step{
		{"C.4.1", "8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff", rfcRequests[0], rfcRequestTable[2:], 57},
		{"C.4.2", "8286 84be 5886 a8eb 1064 9cbf", rfcRequests[1], rfcRequestTable[1:], 110},
		{"C.4.3", "8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf", rfcRequests[2], rfcRequestTable, 164},
	}
	play(t, NewDecoder(DefaultTableSize), steps)
	e := NewEncoder()
	for _, s := range steps {
		if got := e.Append(nil, s.fields); !slices.Equal(got, unhex(s.block)) {
			t.Errorf("%s is encoded as %x", s.name, got)
		}
	}
}

var (
	rfcDate      = Field{Name: "date", Value: "Mon, 21 Oct 2013 20:13:21 GMT"}
	rfcLaterDate = Field{Name: "date", Value: "Mon, 21 Oct 2013 20:13:22 GMT"}
	rfcLocation  = Field{Name: "location", Value: "https://www.example.com"}
	rfcPrivate   = Field{Name: "cache-control", Value: "private"}
	rfc302       = Field{Name: ":status", Value: "302"}
	rfc307       = Field{Name: ":status", Value: "307"}
	rfcGzip      = Field{Name: "content-encoding", Value: "gzip"}
	rfcCookie    = Field{Name: "set-cookie", Value: "foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1"}

	rfcResponses = [][]Field{
		{rfc302, rfcPrivate, rfcDate, rfcLocation},
		{rfc307, rfcPrivate, rfcDate, rfcLocation},
		{{Name: ":status", Value: "200"}, rfcPrivate, rfcLaterDate, rfcLocation, rfcGzip, rfcCookie},
	}
	rfcResponseTables = [][]Field{
		{rfcLocation, rfcDate, rfcPrivate, rfc302},
		{rfc307, rfcLocation, rfcDate, rfcPrivate},
		{rfcCookie, rfcGzip, rfcLaterDate},
	}
)

// C.5: responses, with a table of 256 octets that has to evict.
func TestRFCResponses(t *testing.T) {
	play(t, NewDecoder(256), []step{
		{"C.5.1", "4803 3330 3258 0770 7269 7661 7465 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3120 474d 546e 1768 7474 7073 3a2f 2f77 7777 2e65 7861 6d70 6c65 2e63 6f6d",
			rfcResponses[0], rfcResponseTables[0], 222},
		{"C.5.2", "4803 3330 37c1 c0bf", rfcResponses[1], rfcResponseTables[1], 222},
		{"C.5.3", "88c1 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3220 474d 54c0 5a04 677a 6970 7738 666f 6f3d 4153 444a 4b48 514b 425a 584f 5157 454f 5049 5541 5851 5745 4f49 553b 206d 6178 2d61 6765 3d33 3630 303b 2076 6572 7369 6f6e 3d31",
			rfcResponses[2], rfcResponseTables[2], 215},
	})
}

// C.6: the same with Huffman coding.
func TestRFCResponsesHuffman(t *testing.T) {
	play(t, NewDecoder(256), []step{
		{"C.6.1", "4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6 2d1b ff6e 919d 29ad 1718 63c7 8f0b 97c8 e9ae 82ae 43d3",
			rfcResponses[0], rfcResponseTables[0], 222},
		{"C.6.2", "4883 640e ffc1 c0bf", rfcResponses[1], rfcResponseTables[1], 222},
		{"C.6.3", "88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff c05a 839b d9ab 77ad 94e7 821d d7f2 e6c7 b335 dfdf cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f 9587 3160 65c0 03ed 4ee5 b106 3d50 07",
			rfcResponses[2], rfcResponseTables[2], 215},
	})
}
