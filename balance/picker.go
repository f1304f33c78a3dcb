package balance

// fixed answers every call alike.
type fixed Pick

// Pick implements Picker.
func (f fixed) Pick(*Call) Pick { return Pick(f) }

// Always returns a picker that answers every call with p.
func Always(p Pick) Picker {
	f := fixed(p)
	return &f
}
