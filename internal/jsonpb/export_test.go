package jsonpb

// Tables returns how many tables are kept of messages without a Go struct.
func Tables() (n int) {
	tables.others.Range(func(any, any) bool { n++; return true })
	return n
}
