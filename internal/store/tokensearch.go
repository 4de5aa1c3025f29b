package store

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

const (
	// trigram is how many characters the indexes of search are made of.
	trigram = 3
	// mostTrigrams bounds those that are looked up for one search: what they
	// find is compared with the whole text anyway.
	mostTrigrams = 12
)

// search is a text that tokens, or whoever made them, must contain or, when it
// is shorter than a trigram, begin with.
type search struct {
	folded, pattern string
	// creators made something in the list and match; never more than few and one.
	creators []string
	meets    fragment
	// loose is set where the index was asked for less than the text, so that
	// what it finds may not match.
	loose bool
}

func (f *finder) newSearch(text string) (*search, error) {
	s := &search{folded: fold(text)}
	column := "tokens.search"
	s.pattern = containing(text)
	if s.short() {
		column, s.pattern = "tokens.description_folded", strings.TrimPrefix(s.pattern, "%")
	}
	s.meets = fragment{column + ` LIKE ? ESCAPE '\'`, []any{s.pattern}}
	var err error
	if s.creators, err = f.creatorsLike(s.pattern); err != nil {
		return nil, err
	}
	switch {
	case len(s.creators) > few:
		s.meets = fragment{"(" + s.meets.sql + " OR EXISTS (SELECT 1 FROM users u WHERE u.id = tokens.created_by AND " + personLike + "))",
			append(s.meets.args, s.pattern, s.pattern, f.tenantID)}
	case len(s.creators) > 0:
		s.meets = fragment{"(" + s.meets.sql + " OR tokens.created_by IN ?)", append(s.meets.args, s.creators)}
	}
	return s, nil
}

func (s *search) short() bool { return utf8.RuneCountInString(s.folded) < trigram }

// creators gives each of the list's creators once, in a table called made, by a
// step of the index for each.
func (f *finder) creators() fragment {
	first := f.live(byCreator, fragment{sql: "created_by > ''"})
	next := f.live(byCreator, fragment{sql: "created_by > made.creator"})
	return fragment{"WITH RECURSIVE made (creator) AS (SELECT min(created_by) FROM " + first.sql +
		" UNION ALL SELECT (SELECT min(created_by) FROM " + next.sql + ") FROM made WHERE made.creator IS NOT NULL) ",
		append(first.args, next.args...)}
}

// personLike is a person u whose name matches or, while they are a member, their
// e-mail address: who has left has none here.
const personLike = `(u.name_folded LIKE ? ESCAPE '\' OR u.email_folded LIKE ? ESCAPE '\' AND ` + stillMember + `)`

// stillMember is no EXISTS: PostgreSQL would hash every membership of the account.
const stillMember = "(SELECT count(*) FROM memberships m WHERE m.user_id = u.id AND m.tenant_id = ?) = 1"

// creatorsLike are those whose name or e-mail address matches, at most few and one.
func (f *finder) creatorsLike(pattern string) ([]string, error) {
	var ids []string
	made := f.creators()
	err := f.tx.Raw(made.sql+"SELECT u.id FROM made JOIN users u ON u.id = made.creator WHERE "+personLike+" LIMIT ?",
		append(made.args, pattern, pattern, f.tenantID, few+1)...).Scan(&ids).Error
	return ids, err
}

// askSearch asks the indexes how many tokens match, and reads them if they are few.
func (f *finder) askSearch() error {
	s := f.search
	if len(s.creators) > few {
		return nil
	}
	// In the order of ids, and with no other condition, an index is enough.
	alone := f.order.column == "" && len(f.conditions) == 0
	var counted []fragment
	var sources []source
	if len(s.creators) > 0 {
		if n, err := f.madeBy(s.creators); err != nil || n > few {
			return err
		}
		made := f.live(byCreator, fragment{"created_by IN ?", []any{s.creators}})
		sources = append(sources, source{made, "tokens.id", alone})
	}
	switch {
	case s.short():
		begin := f.live(byDescription, beginning(s.folded))
		counted, sources = append(counted, steps(begin, "description_folded, id")), append(sources, source{begin, "tokens.id", alone})
	case f.dialect.name == sqliteDialect.name:
		matching, exact := f.matching()
		s.loose = !exact
		counted = append(counted, fragment{"SELECT 1 FROM token_search" + matching.sql, matching.args})
		sources = append(sources, matched(matching, exact && alone))
	default:
		if common, err := f.common(); err != nil || common {
			return err
		}
		sources = append(sources, source{f.live(wholeList, fragment{`search LIKE ? ESCAPE '\'`, []any{s.pattern}}), "tokens.id", false})
	}
	counts, err := countEach(f.tx, counted, few)
	if err != nil || slices.Max(append(counts, 0)) > few {
		return err
	}
	return f.readAll(few, sources...)
}

// madeBy counts what some people made, each by a part of the index.
func (f *finder) madeBy(people []string) (int, error) {
	var n int
	each := steps(f.live(byCreator, fragment{sql: "created_by = u.id"}), "id")
	err := f.tx.Raw(fmt.Sprintf(`SELECT CAST(sum(n) AS bigint) FROM (SELECT (
			SELECT count(*) FROM (%s LIMIT %d) AS counted) AS n FROM users u WHERE u.id IN ?) AS made`, each.sql, few+1),
		append(each.args, people)...).Scan(&n).Error
	return n, err
}

// matching is WHERE for the list's part of SQLite's index of trigrams. A text of
// few trigrams is looked up as a phrase of them all, which is exact. Of a longer
// one those side by side do as well: what is read is compared with the pattern.
func (f *finder) matching() (where fragment, exact bool) {
	text := []rune(f.search.folded)
	term := func(part []rune) string { return `"` + strings.ReplaceAll(string(part), `"`, `""`) + `"` }
	if exact = len(text) < mostTrigrams+trigram; exact {
		return f.inSearch(term(text)), true
	}
	var terms []string
	for begin := 0; begin < len(text) && len(terms) < mostTrigrams; begin += trigram {
		begin := min(begin, len(text)-trigram)
		terms = append(terms, term(text[begin:begin+trigram]))
	}
	return f.inSearch(strings.Join(terms, " AND ")), false
}

func (f *finder) inSearch(terms string) fragment {
	return fragment{` WHERE token_search MATCH ?
		AND token_search.rowid > (SELECT number << 32 FROM token_search_lists WHERE list = ?)
		AND token_search.rowid < (SELECT (number + 1) << 32 FROM token_search_lists WHERE list = ?)`, []any{terms, f.list, f.list}}
}

// matched are the tokens of SQLite's index of trigrams: their ids where it is
// exact, else their rows.
func matched(where fragment, exact bool) source {
	from := "token_search CROSS JOIN token_search_rows tsr ON tsr.number = token_search.rowid"
	if exact {
		return source{fragment{from + where.sql, where.args}, "tsr.token_id", true}
	}
	return source{fragment{from + " CROSS JOIN tokens ON tokens.id = tsr.token_id" + where.sql, where.args}, "tokens.id", false}
}

const (
	sampled     = 250
	sampledMore = 20 * sampled
)

// common tells whether a text is found so often that PostgreSQL's index of
// trigrams is of no use: it can't be read a part at a time. It makes sure,
// besides, that this index is used for what is rarer: the planner's guess at
// how many match is poor.
func (f *finder) common() (bool, error) {
	newest := func(n int) (int, error) {
		counts, err := countEach(f.tx, []fragment{{
			fmt.Sprintf(`SELECT 1 FROM (SELECT search FROM tokens WHERE list = ? AND revoked_at IS NULL ORDER BY id DESC LIMIT %d) AS newest
				WHERE search LIKE ? ESCAPE '\'`, n), []any{f.list, f.search.pattern},
		}}, few)
		if err != nil {
			return 0, err
		}
		return counts[0], nil
	}
	n, err := newest(sampled)
	if err == nil && n >= sampled/10 {
		n, err = newest(sampledMore)
	}
	if err != nil || n > few {
		return n > few, err
	}
	return false, f.tx.Exec("SET LOCAL enable_seqscan = off").Error
}

// beginning is met by descriptions with the prefix: a range of their index.
func beginning(prefix string) fragment {
	from := fragment{"description_folded >= ?", []any{prefix}}
	last, size := utf8.DecodeLastRuneInString(prefix)
	for last++; last < utf8.MaxRune && !utf8.ValidRune(last); {
		last++
	}
	if last > utf8.MaxRune {
		return from
	}
	return and(from, fragment{"description_folded < ?", []any{prefix[:len(prefix)-size] + string(last)}})
}
