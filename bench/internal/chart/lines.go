package chart

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// Lines is a chart of curves over a logarithmic or linear axis.
type Lines struct {
	Title   string
	Note    string // what the upright axis means
	Axis    string // what the level axis means
	Log     bool   // the level axis is logarithmic
	LogUp   bool   // and the upright one
	Lines   []Line
	Format  func(float64) string // of the upright axis
	FormatX func(float64) string
}

// Line is one curve.
type Line struct {
	Label  string
	Role   Role
	Points []Point // in order of X
}

// Point is a value with its spread.
type Point struct {
	X, Value, Low, High float64
}

const plotHeight = 260

// axis turns values into places.
type axis struct {
	low, high  float64 // values
	from, to   float64 // places
	logarithms bool
}

func (a axis) at(value float64) float64 {
	low, high := a.low, a.high
	if a.logarithms {
		low, high, value = math.Log(low), math.Log(high), math.Log(value)
	}
	if high == low {
		return (a.from + a.to) / 2
	}
	return a.from + (value-low)/(high-low)*(a.to-a.from)
}

// SVG draws the chart. Lines without points are left out.
func (l Lines) SVG(theme Theme) string {
	d := &drawing{theme: theme}
	height := float64(headHeight + plotHeight + 58)
	l.Lines = slices.DeleteFunc(slices.Clone(l.Lines), func(line Line) bool { return len(line.Points) == 0 })
	// What the chart is about is drawn last, and so above all others.
	slices.SortStableFunc(l.Lines, func(a, b Line) int { return rank(a.Role) - rank(b.Role) })
	d.head(height, l.Title, l.Note)

	x, y, marks := l.axes()
	for _, mark := range marks {
		at := y.at(mark)
		d.line(x.from, at, x.to, at, 1, theme.grid)
		d.text(x.from-9, at+4, noteSize, theme.muted, "end", "", l.Format(mark))
	}
	edge := math.Inf(-1)
	for _, tick := range l.ticks() {
		at, label := x.at(tick), l.FormatX(tick)
		half := textWidth(label, noteSize) / 2
		d.line(at, y.from, at, y.from+4, 1, theme.muted)
		if at-half > edge+8 { // labels do not touch
			d.text(at, y.from+20, noteSize, theme.muted, "middle", "", label)
			edge = at + half
		}
	}
	d.text((x.from+x.to)/2, height-14, noteSize, theme.muted, "middle", "", l.Axis)

	var places []float64 // of the labels
	counts := map[Role]int{}
	for _, line := range l.Lines {
		colour := theme.colour(line.Role, counts[line.Role])
		counts[line.Role]++
		l.curve(d, line, colour, x, y)
		last := line.Points[len(line.Points)-1]
		place := apart(y.at(last.Value)+4.5, places)
		places = append(places, place)
		style := ""
		if line.Role == Accent {
			style = `font-weight="600"`
		}
		d.text(x.at(last.X)+9, place, labelSize, theme.text, "start", style, line.Label)
	}
	return d.tail()
}

func rank(role Role) int {
	if role == Accent {
		return 1
	}
	return 0
}

// apart moves a label down or up until it covers none of the others.
func apart(place float64, others []float64) float64 {
	for try := range 2 * (len(others) + 1) {
		candidate := place + float64((try+1)/2)*16*float64(1-2*(try%2))
		if !slices.ContainsFunc(others, func(other float64) bool { return math.Abs(candidate-other) < 15 }) {
			return candidate
		}
	}
	return place
}

// curve draws the band of the spread, the line and its points.
func (l Lines) curve(d *drawing, line Line, colour string, x, y axis) {
	var band, path strings.Builder
	for i, p := range line.Points {
		command := "L"
		if i == 0 {
			command = "M"
		}
		fmt.Fprintf(&path, "%s%s %s", command, number(x.at(p.X)), number(y.at(p.Value)))
		fmt.Fprintf(&band, "%s%s %s", command, number(x.at(p.X)), number(y.at(p.High)))
	}
	for _, p := range slices.Backward(line.Points) {
		fmt.Fprintf(&band, "L%s %s", number(x.at(p.X)), number(y.at(p.Low)))
	}
	fmt.Fprintf(d, `<path d="%sZ" fill="%s" opacity="0.16"/>`+"\n", band.String(), colour)
	fmt.Fprintf(d, `<path d="%s" fill="none" stroke="%s" stroke-width="2.4" stroke-linejoin="round"/>`+"\n", path.String(), colour)
	for _, p := range line.Points {
		fmt.Fprintf(d, `<circle cx="%s" cy="%s" r="3.2" fill="%s"/>`+"\n", number(x.at(p.X)), number(y.at(p.Value)), colour)
	}
}

// axes finds both axes and the marks of the upright one.
func (l Lines) axes() (x, y axis, marks []float64) {
	x = axis{low: math.Inf(1), high: math.Inf(-1), logarithms: l.Log}
	y = axis{low: math.Inf(1), high: math.Inf(-1), from: headHeight + plotHeight, to: headHeight + 8, logarithms: l.LogUp}
	right := 0.0
	for _, line := range l.Lines {
		right = max(right, textWidth(line.Label, labelSize))
		for _, p := range line.Points {
			x.low, x.high = min(x.low, p.X), max(x.high, p.X)
			y.low, y.high = min(y.low, p.Low), max(y.high, p.High)
		}
	}
	if l.LogUp {
		y.low, y.high = math.Pow(10, math.Floor(math.Log10(y.low))), math.Pow(10, math.Ceil(math.Log10(y.high)))
		for mark := y.low; mark <= y.high*1.001; mark *= 10 {
			marks = append(marks, mark)
		}
	} else {
		marks = steps(y.high)
		y.low, y.high = 0, marks[len(marks)-1]
	}
	left := 0.0
	for _, mark := range marks {
		left = max(left, textWidth(l.Format(mark), noteSize))
	}
	x.from, x.to = margin+left+12, width-margin-right-12
	return x, y, marks
}

// ticks are the places of all points.
func (l Lines) ticks() []float64 {
	var ticks []float64
	for _, line := range l.Lines {
		for _, p := range line.Points {
			ticks = append(ticks, p.X)
		}
	}
	slices.Sort(ticks)
	return slices.Compact(ticks)
}
