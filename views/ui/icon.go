package ui

// Icon names a picture of lucide. It is drawn as a CSS mask on the element that has
// the text, so it costs no node. The style sheet carries the masks of those constants
// that some page or component uses: an icon without a constant cannot be shown.
type Icon string

// The icons there are. A new one needs its line here and scripts/generate.
const (
	IconAccount       Icon = "building-2"
	IconArrowLeft     Icon = "arrow-left"
	IconArrowRight    Icon = "arrow-right"
	IconBlocks        Icon = "blocks"
	IconCheck         Icon = "check"
	IconChevronLeft   Icon = "chevron-left"
	IconChevronRight  Icon = "chevron-right"
	IconCircleCheck   Icon = "circle-check"
	IconCircleDashed  Icon = "circle-dashed"
	IconCircleX       Icon = "circle-x"
	IconClock         Icon = "clock"
	IconCopy          Icon = "copy"
	IconInfo          Icon = "info"
	IconKey           Icon = "key-round"
	IconKeyboard      Icon = "keyboard"
	IconChain         Icon = "link"
	IconLock          Icon = "lock-keyhole"
	IconLogOut        Icon = "log-out"
	IconMenu          Icon = "menu"
	IconPencil        Icon = "pencil"
	IconPerson        Icon = "circle-user-round"
	IconPersonalKey   Icon = "user-round-key"
	IconPersonMinus   Icon = "user-round-minus"
	IconPlus          Icon = "plus"
	IconPower         Icon = "power"
	IconRoles         Icon = "list-checks"
	IconRotate        Icon = "refresh-cw"
	IconScanSearch    Icon = "scan-search"
	IconSearch        Icon = "search"
	IconSettings      Icon = "settings-2"
	IconShield        Icon = "shield"
	IconTerminal      Icon = "terminal"
	IconTrash         Icon = "trash-2"
	IconTriangleAlert Icon = "triangle-alert"
	IconUsers         Icon = "users-round"
)

// class is the class list that draws the icon before the element's text.
func (i Icon) class() string {
	if i == "" {
		return ""
	}
	flip := ""
	if i == IconArrowLeft || i == IconArrowRight || i == IconChevronLeft || i == IconChevronRight {
		flip = " i-flip"
	}
	return "i i-" + string(i) + flip
}
