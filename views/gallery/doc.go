// Package gallery shows every part of views/ui in each of its states, and every page,
// without a store or a session behind them. `latchkey gallery` serves it; the browser
// tests look at it in both themes, wide and narrow, and in both directions.
//
// Parts are on one sheet. A page is a document of its own at an address of its own.
// One file per audience lists its entries; Entries joins them.
package gallery
