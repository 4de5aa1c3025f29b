// Package ui is the kit of parts that pages are made of: buttons, fields, tables,
// banners. A part takes one props struct whose texts are already words, and children
// for its slot; it knows nothing of the app, its catalogue or its addresses.
//
// Colours, sizes and the table's forms are in web/app.css and tailwind.config.js;
// class lists live here and nowhere else. Every part is in views/gallery in each of
// its states.
package ui
