package point

import "testing"

func TestFill(t *testing.T) {
	load := Words{Zh: "40 %（正常）", En: "40 %, normal"}
	for _, c := range []struct{ text, want Words }{
		{Words{Zh: "负载 {load}", En: "load {load}"}, Words{Zh: "负载 40 %（正常）", En: "load 40 %, normal"}},
		{Words{Zh: "{load}{load}"}, Words{Zh: "40 %（正常）40 %（正常）"}},
		{Words{Zh: "无", En: "none } here"}, Words{Zh: "无", En: "none } here"}},
		{Words{Zh: "开{load", En: "{"}, Words{Zh: "开{load", En: "{"}},
		{Words{}, Words{}},
	} {
		got := c.text.Fill(func(name string) Words {
			if name != "load" {
				t.Errorf("asked for %q", name)
			}
			return load
		})
		if got != c.want {
			t.Errorf("%v filled is %v, want %v", c.text, got, c.want)
		}
	}
}
