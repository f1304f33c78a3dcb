package chart

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"
)

func whole(v float64) string { return fmt.Sprintf("%.0f", v) }

// element is one element of an image.
type element struct {
	name string
	attr map[string]string
	text string
}

func (e element) number(t *testing.T, name string) float64 {
	t.Helper()
	v, err := strconv.ParseFloat(e.attr[name], 64)
	if err != nil {
		t.Fatalf("%s of <%s>: %v", name, e.name, err)
	}
	return v
}

// parse reads an image; it fails the test if that is no XML.
func parse(t *testing.T, svg string) []element {
	t.Helper()
	var elements []element
	d := xml.NewDecoder(strings.NewReader(svg))
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return slices.DeleteFunc(elements, func(e element) bool { return e.name == "rect" && e.attr["x"] == "" }) // the background
		}
		if err != nil {
			t.Fatalf("the image is no XML: %v", err)
		}
		switch token := token.(type) {
		case xml.StartElement:
			e := element{name: token.Name.Local, attr: map[string]string{}}
			for _, a := range token.Attr {
				e.attr[a.Name.Local] = a.Value
			}
			elements = append(elements, e)
		case xml.CharData:
			if len(elements) > 0 && strings.TrimSpace(string(token)) != "" {
				elements[len(elements)-1].text += string(token)
			}
		}
	}
}

// inside fails the test if something lies outside of the image.
func inside(t *testing.T, elements []element) {
	t.Helper()
	height := elements[0].number(t, "height")
	for _, e := range elements[1:] {
		switch e.name {
		case "text":
			x, y, w := e.number(t, "x"), e.number(t, "y"), textWidth(e.text, e.number(t, "font-size"))
			switch e.attr["text-anchor"] {
			case "end":
				x -= w
			case "middle":
				x -= w / 2
			}
			if x < 0 || x+w > width || y < 0 || y > height {
				t.Errorf("text %q from %.0f to %.0f at %.0f is outside of %d x %.0f", e.text, x, x+w, y, width, height)
			}
		case "rect":
			x, w := e.number(t, "x"), e.number(t, "width")
			if x+w > width {
				t.Errorf("a bar reaches to %.0f of %d", x+w, width)
			}
		case "line":
			if x := e.number(t, "x2"); x > width {
				t.Errorf("a line reaches to %.0f of %d", x, width)
			}
		}
		for name, value := range e.attr {
			if strings.Contains(value, "NaN") || strings.Contains(value, "Inf") {
				t.Errorf("%s of <%s> is %q", name, e.name, value)
			}
		}
	}
}

// bars returns the rectangles of a colour.
func bars(elements []element, colour string) []element {
	return slices.DeleteFunc(slices.Clone(elements), func(e element) bool { return e.name != "rect" || e.attr["fill"] != colour })
}

func TestBars(t *testing.T) {
	chart := Bars{
		Title: "Cost <per> call", Note: "less is better", Format: whole,
		Rows: []Row{
			{Label: "ours", Role: Accent, Bars: []Bar{{Value: 100, Low: 90, High: 130}}},
			{Label: "theirs & all others", Bars: []Bar{{Value: 400, Low: 300, High: 4000}}},
			{Label: "none", Bars: []Bar{{Value: math.NaN(), Low: math.NaN(), High: math.NaN()}}},
		},
	}
	for _, theme := range []Theme{Light, Dark} {
		elements := parse(t, chart.SVG(theme))
		inside(t, elements)
		ours, theirs := bars(elements, theme.accents[0]), bars(elements, theme.peers[0])
		if len(ours) != 1 || len(theirs) != 1 {
			t.Fatalf("%s: %d bars of ours and %d of theirs, want one each", theme.Name, len(ours), len(theirs))
		}
		if ratio := theirs[0].number(t, "width") / ours[0].number(t, "width"); math.Abs(ratio-4) > 0.01 {
			t.Errorf("%s: the bars are as 1 to %.2f, want 4", theme.Name, ratio)
		}
		for _, want := range []string{"Cost <per> call", "theirs & all others", "100", "400", "not measured"} {
			if !slices.ContainsFunc(elements, func(e element) bool { return e.text == want }) {
				t.Errorf("%s: no text %q", theme.Name, want)
			}
		}
	}
}

func TestBarsOfSeveralSeries(t *testing.T) {
	chart := Bars{
		Title: "Latency", Note: "µs", Format: whole, Series: []string{"p50", "p99"},
		Rows: []Row{{Label: "ours", Role: Accent, Bars: []Bar{{10, 10, 10}, {30, 30, 30}}}},
	}
	elements := parse(t, chart.SVG(Light))
	inside(t, elements)
	for i := range chart.Series {
		if got := len(bars(elements, Light.accents[i])); got != 2 {
			t.Errorf("%d rectangles of series %d, want its bar and its place in the legend", got, i)
		}
	}
}

func TestBarsOfNothing(t *testing.T) {
	for _, rows := range [][]Row{nil, {{Label: "zero", Bars: []Bar{{0, 0, 0}}}}} {
		elements := parse(t, Bars{Title: "Nothing", Format: whole, Rows: rows}.SVG(Light))
		inside(t, elements)
	}
}

func TestLines(t *testing.T) {
	chart := Lines{
		Title: "Cost as streams grow", Note: "µs", Axis: "streams", Log: true, Format: whole, FormatX: whole,
		Lines: []Line{
			{Label: "ours", Role: Accent, Points: []Point{{1, 40, 38, 44}, {100, 2, 2, 2}, {10000, 3, 2, 4}}},
			{Label: "theirs", Points: []Point{{1, 50, 50, 50}, {100, 3, 3, 3}, {10000, 3.1, 3, 4}}},
		},
	}
	for _, log := range []bool{false, true} {
		chart.LogUp = log
		elements := parse(t, chart.SVG(Dark))
		inside(t, elements)
		var circles, labels []element
		for _, e := range elements {
			switch {
			case e.name == "circle":
				circles = append(circles, e)
			case e.text == "ours" || e.text == "theirs":
				labels = append(labels, e)
			}
		}
		if len(circles) != 6 {
			t.Fatalf("%d points, want 6", len(circles))
		}
		// 1, 100 and 10,000 lie equally far apart on an axis of logarithms.
		first, second := circles[1].number(t, "cx")-circles[0].number(t, "cx"), circles[2].number(t, "cx")-circles[1].number(t, "cx")
		if math.Abs(first-second) > 0.1 {
			t.Errorf("points are %.1f and %.1f apart, want the same", first, second)
		}
		if circles[0].number(t, "cy") >= circles[1].number(t, "cy") {
			t.Error("the greater value is not above the smaller")
		}
		if len(labels) != 2 || math.Abs(labels[0].number(t, "y")-labels[1].number(t, "y")) < 15 {
			t.Errorf("labels %v are not two, or touch", labels)
		}
	}
}

func TestSteps(t *testing.T) {
	for limit, want := range map[float64]string{
		7:    "[0 1 2 3 4 5 6 7]",
		72.6: "[0 20 40 60 80]",
		0.5:  "[0 0.1 0.2 0.30000000000000004 0.4 0.5]",
		1300: "[0 200 400 600 800 1000 1200 1400]",
		0:    "[0 1]",
	} {
		if got := fmt.Sprint(steps(limit)); got != want {
			t.Errorf("steps(%v) = %v, want %v", limit, got, want)
		}
	}
}
