package hpack

// staticTable is RFC 7541 Appendix A; index 0 is not used.
var staticTable = [...]entry{
	{},
	{":authority", ""},
	{":method", "GET"},
	{":method", "POST"},
	{":path", "/"},
	{":path", "/index.html"},
	{":scheme", "http"},
	{":scheme", "https"},
	{":status", "200"},
	{":status", "204"},
	{":status", "206"},
	{":status", "304"},
	{":status", "400"},
	{":status", "404"},
	{":status", "500"},
	{"accept-charset", ""},
	{"accept-encoding", "gzip, deflate"},
	{"accept-language", ""},
	{"accept-ranges", ""},
	{"accept", ""},
	{"access-control-allow-origin", ""},
	{"age", ""},
	{"allow", ""},
	{"authorization", ""},
	{"cache-control", ""},
	{"content-disposition", ""},
	{"content-encoding", ""},
	{"content-language", ""},
	{"content-length", ""},
	{"content-location", ""},
	{"content-range", ""},
	{"content-type", ""},
	{"cookie", ""},
	{"date", ""},
	{"etag", ""},
	{"expect", ""},
	{"expires", ""},
	{"from", ""},
	{"host", ""},
	{"if-match", ""},
	{"if-modified-since", ""},
	{"if-none-match", ""},
	{"if-range", ""},
	{"if-unmodified-since", ""},
	{"last-modified", ""},
	{"link", ""},
	{"location", ""},
	{"max-forwards", ""},
	{"proxy-authenticate", ""},
	{"proxy-authorization", ""},
	{"range", ""},
	{"referer", ""},
	{"refresh", ""},
	{"retry-after", ""},
	{"server", ""},
	{"set-cookie", ""},
	{"strict-transport-security", ""},
	{"transfer-encoding", ""},
	{"user-agent", ""},
	{"vary", ""},
	{"via", ""},
	{"www-authenticate", ""},
}

const staticLen = len(staticTable) - 1

// staticPlaces has the lowest index of every name in the static table, where
// placeOf its name says. The factors there have been chosen so that no two names
// have the same place.
var staticPlaces = [128]uint8{
	60, 0, 48, 6, 0, 30, 47, 0, 25, 55, 57, 35, 0, 26, 0, 50,
	0, 32, 0, 0, 29, 0, 0, 0, 0, 0, 0, 0, 46, 56, 18, 0,
	0, 0, 0, 0, 27, 22, 59, 0, 44, 0, 0, 28, 8, 0, 0, 0,
	16, 15, 45, 37, 0, 0, 0, 0, 33, 0, 0, 0, 53, 52, 0, 0,
	51, 39, 4, 0, 0, 0, 41, 17, 0, 0, 0, 0, 0, 61, 0, 0,
	0, 0, 0, 20, 0, 43, 21, 38, 0, 0, 0, 0, 0, 0, 0, 2,
	0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 23, 19, 36, 0, 40, 0,
	0, 42, 0, 0, 24, 0, 0, 0, 31, 0, 0, 58, 54, 34, 0, 49,
}

func placeOf(name string) int {
	n := len(name)
	return (13*n + 40*int(name[0]) + 17*int(name[n/2]) + 112*int(name[n-1])) % len(staticPlaces)
}

// staticName returns the lowest index of a name in the static table, or 0.
func staticName(name string) int {
	if name == "" {
		return 0
	}
	if i := staticPlaces[placeOf(name)]; staticTable[i].name == name {
		return int(i)
	}
	return 0
}

// staticField returns the index of a field in the static table, or 0, and the
// lowest index of its name, or 0.
func staticField(name, value string) (field, named int) {
	named = staticName(name)
	for i := named; i > 0 && i <= staticLen && staticTable[i].name == name; i++ {
		if staticTable[i].value == value {
			return i, named
		}
	}
	return 0, named
}
