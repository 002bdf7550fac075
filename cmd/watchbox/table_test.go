package main

import (
	"strings"
	"testing"
)

func TestTableKeepsItsColumnsInChinese(t *testing.T) {
	var out strings.Builder
	c := &cli{out: &out}
	if err := c.table(func(row func(...any)) {
		row("端子", "触点", "POINT")
		row("DI1", "closed", "oc/panic")
		row("alone, and longer than its column")
		row("DI20", "", "x")
	}); err != nil {
		t.Fatal(err)
	}
	want := "端子  触点    POINT\nDI1   closed  oc/panic\nalone, and longer than its column\nDI20          x\n"
	if out.String() != want {
		t.Errorf("got\n%swant\n%s", out.String(), want)
	}
}
