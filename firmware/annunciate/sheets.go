package annunciate

import (
	"slices"

	"watchbox/firmware/alarm"
)

// idleRank is that of what shows when nothing stands.
const idleRank = 1000

// urgency ranks an alarm: what nobody has acknowledged first, then by priority, then by class.
func urgency(a *alarm.Alarm) (rank int) {
	if buttonOut(a) {
		return 100
	}
	if a.Acknowledged {
		rank = 100
	}
	class := slices.Index([]alarm.Class{alarm.ClassAlarm, alarm.ClassSupervisory, alarm.ClassTrouble}, a.Class)
	return rank + 4*min(max(a.Priority, 1), 4) + max(class, 0)
}

// holds is true for the rank of an unacknowledged alarm of priority 1: such ones
// have the text part for themselves.
func holds(rank int) bool { return rank < 8 }

// collect makes the sheets: the worst alarms, of equals those that came first, and
// when nothing stands but what is known for a day and more, the rest.
func (t *textPlan) collect(hidden bool) (sheets []sheet) {
	worst, held, recent := t.worst()
	of := t.total
	if held > 0 {
		of = held
		worst = slices.DeleteFunc(worst, func(s sheet) bool { return !holds(s.rank) })
	}
	if of > mostSheets {
		sheets = append(sheets, sheet{topic: theSummary, key: "summary", rank: worst[0].rank})
	}
	sheets = append(sheets, worst...)
	if hidden || recent {
		return sheets
	}
	return append(sheets, t.idle()...)
}

// worst finds the most urgent alarms without sorting all of them. The list has
// the newest of a priority first.
func (t *textPlan) worst() (worst []sheet, held int, recent bool) {
	t.total, t.gravest = 0, 0
	for _, i := range slices.Backward(t.shown) {
		a := t.alarms[i]
		s := sheet{topic: theAlarm, key: a.Key, index: i, rank: urgency(a)}
		t.total++
		recent = recent || !a.Old || !a.Acknowledged
		if a.Priority == 1 {
			t.gravest++
		}
		if holds(s.rank) {
			held++
		}
		worst = insert(worst, s)
	}
	return worst, held, recent
}

// insert keeps the list in order and at most mostSheets long.
func insert(list []sheet, s sheet) []sheet {
	if len(list) == mostSheets && list[mostSheets-1].rank <= s.rank {
		return list
	}
	i := len(list)
	for i > 0 && list[i-1].rank > s.rank {
		i--
	}
	list = slices.Insert(list, i, s)
	return list[:min(len(list), mostSheets)]
}

// idle are the sheets of a quiet time.
func (t *textPlan) idle() (sheets []sheet) {
	if t.Height < 2*LineHeight && !t.around.Site.IsZero() { // else it heads every one of them
		sheets = append(sheets, sheet{topic: theSite, key: "site", rank: idleRank})
	}
	sheets = append(sheets, sheet{topic: theTime, key: "time", rank: idleRank})
	for i, v := range t.panel.Partitions {
		sheets = append(sheets, sheet{topic: thePartition, key: v.ID, index: i, rank: idleRank})
	}
	for i, name := range t.Show {
		sheets = append(sheets, sheet{topic: thePoint, key: name, index: i, rank: idleRank})
	}
	return sheets
}
