package person

import "strings"

// checkDigits refuses what is no code, and what a stranger tries first: one
// digit, a stair, a short group again and again, pairs in a stair.
func checkDigits(code string) error {
	if len(code) < codeLeast || len(code) > codeMost || strings.Trim(code, "0123456789") != "" {
		return ErrDigits
	}
	for _, period := range []int{1, 2, 3, 4} {
		if len(code) >= 2*period && repeats(code, period) {
			return ErrTrivial
		}
	}
	if stair(code) || len(code)%2 == 0 && pairs(code) {
		return ErrTrivial
	}
	return nil
}

func repeats(code string, period int) bool {
	for i := period; i < len(code); i++ {
		if code[i] != code[i-period] {
			return false
		}
	}
	return true
}

// stair tells of 123456, 654321, 789012 and 246802.
func stair(code string) bool {
	step := (code[1] - code[0] + 10) % 10
	for i := 1; i < len(code); i++ {
		if (code[i]-code[i-1]+10)%10 != step {
			return false
		}
	}
	return true
}

// pairs tells of 112233 and 998877.
func pairs(code string) bool {
	var single []byte
	for i := 0; i < len(code); i += 2 {
		if code[i] != code[i+1] {
			return false
		}
		single = append(single, code[i])
	}
	return stair(string(single))
}
