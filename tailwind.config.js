/** Tokens of the visual language. The values live as CSS variables in web/app.css (light and dark side by
 *  side, with light-dark()); this file gives them names, so that markup says `bg-surface text-muted`.
 *  Tailwind's own palette is switched off: a colour that is not a token cannot be written. */
const v = (name) => `var(--${name})`;

export default {
  theme: {
    colors: {
      transparent: "transparent",
      current: "currentColor",
      canvas: v("canvas"), sunken: v("sunken"), surface: v("surface"), hover: v("hover"),
      line: v("line"), rim: v("rim"), edge: v("edge"),
      ink: v("ink"), muted: v("muted"), faint: v("faint"),
      accent: { DEFAULT: v("accent"), hover: v("accent-hover"), ink: v("accent-ink"), soft: v("accent-soft"), text: v("accent-text"), line: v("accent-line") },
      danger: { DEFAULT: v("danger"), hover: v("danger-hover"), ink: v("danger-ink"), soft: v("danger-soft"), text: v("danger-text"), line: v("danger-line") },
      warn: { soft: v("warn-soft"), text: v("warn-text"), line: v("warn-line") },
      info: { soft: v("info-soft"), text: v("info-text"), line: v("info-line") },
      chip: { DEFAULT: v("chip"), ink: v("chip-ink") },
      code: { DEFAULT: v("code"), ink: v("code-ink"), dim: v("code-dim"), line: v("code-line") },
      ring: v("ring"),
    },
    fontFamily: {
      sans: ['"Inter Variable"', "ui-sans-serif", "system-ui", "sans-serif"],
      mono: ["ui-monospace", "SFMono-Regular", "Menlo", "Consolas", '"Liberation Mono"', "monospace"],
    },
    fontSize: {
      xs: ["0.75rem", { lineHeight: "1rem" }],
      sm: ["0.8125rem", { lineHeight: "1.25rem" }],
      base: ["0.875rem", { lineHeight: "1.25rem" }],
      lg: ["1rem", { lineHeight: "1.5rem" }],
      xl: ["1.5rem", { lineHeight: "2rem", letterSpacing: "-0.0175em" }],
    },
    fontWeight: { normal: "400", medium: "500", semibold: "600" },
    borderRadius: { none: "0", xs: "4px", sm: "6px", md: "8px", lg: "12px", full: "9999px" },
    boxShadow: {
      none: "none",
      sm: "0 1px 2px var(--shade)",
      card: "0 1px 2px var(--shade), 0 0 0 1px var(--line)",
      pop: "0 8px 24px -4px var(--shade-deep), 0 0 0 1px var(--line)",
    },
  },
};
