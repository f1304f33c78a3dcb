package compress_test

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/curlew-rpc/curlew/compress"
)

func ExampleDeflate() {
	c := compress.Deflate()
	packed, err := c.Compress(nil, bytes.Repeat([]byte("curlew "), 1000))
	if err != nil {
		fmt.Println(err)
		return
	}
	plain, err := c.Decompress(nil, packed, 7000)
	fmt.Println(c.Name(), len(packed) < 100, len(plain), err)

	_, err = c.Decompress(nil, packed, 6999)
	fmt.Println(errors.Is(err, compress.ErrTooLarge))
	// Output:
	// deflate true 7000 <nil>
	// true
}
