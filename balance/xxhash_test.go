package balance

import "testing"

// The sums are those of the reference implementation in C.
func TestXXHash64(t *testing.T) {
	for _, v := range []struct {
		text string
		seed uint64
		want uint64
	}{
		{"", 0, 0xef46db3751d8e999},
		{"", 2654435761, 0xac75fda2929b17ef},
		{"a", 0, 0xd24ec4f1a98c6e5b},
		{"a", 2654435761, 0x393da8b78992279b},
		{"as", 0, 0x1c330fb2d66be179},
		{"as", 2654435761, 0xa6008c02e75d8f62},
		{"asd", 0, 0x631c37ce72a97393},
		{"asd", 2654435761, 0x0a8bfb9dc0e1875c},
		{"asdf", 0, 0x415872f599cea71e},
		{"asdf", 2654435761, 0x288831507ade81ae},
		{"abc", 0, 0x44bc2cf5ad770999},
		{"abc", 2654435761, 0x1318df30094a85fd},
		{"10.0.0.1:443_0", 0, 0x1d6505e9abeed0b3},
		{"10.0.0.1:443_0", 2654435761, 0xb16abb0c30d3a0e9},
		{"0123456789abcdef", 0, 0x5c5b90c34e376d0b},
		{"0123456789abcdef", 2654435761, 0x9c29abe1ea25f5c4},
		{"Call me Ishmael. Some years ago--never mind how long precisely-", 0, 0x02a2e85470d6fd96},
		{"Call me Ishmael. Some years ago--never mind how long precisely-", 2654435761, 0xca566a8d7cc04a49},
		{"0123456789abcdef0123456789abcdef", 0, 0x642a94958e71e6c5},
		{"0123456789abcdef0123456789abcdef", 2654435761, 0xdfad85ccf8285222},
		{"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", 0, 0x1af3ac4760fe2f85},
		{"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", 2654435761, 0x42504c6857488faf},
	} {
		if got := xxHash64(v.text, v.seed); got != v.want {
			t.Errorf("XXH64(%q, %d) is %016x, want %016x", v.text, v.seed, got, v.want)
		}
		if got := xxHash64([]byte(v.text), v.seed); got != v.want {
			t.Errorf("XXH64 of the bytes of %q, %d is %016x, want %016x", v.text, v.seed, got, v.want)
		}
	}
}
