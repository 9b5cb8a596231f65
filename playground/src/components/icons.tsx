/** Icons, for buttons that have their name as a label. */
const paths = {
  add: "M8 3v10M3 8h10",
  edit: "M3 13l.7-2.8 7-7 2.1 2.1-7 7L3 13z",
  delete: "M3 4.5h10M6.5 4.5V3h3v1.5M4.5 4.5l.6 8.5h5.8l.6-8.5",
  attach: "M12.5 7.5l-4.8 4.8a2.8 2.8 0 0 1-4-4l5.2-5.1a1.9 1.9 0 0 1 2.7 2.7l-5.1 5.1a.9.9 0 0 1-1.3-1.3l4.5-4.5",
  settings: "M2.5 4.5h6M11.5 4.5h2M2.5 11.5h2M7.5 11.5h6M10 3v3M6 10v3",
  close: "M4 4l8 8M12 4l-8 8"
} as const

export const Icon = ({ name }: { readonly name: keyof typeof paths }) => (
  <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" className="icon">
    <path d={paths[name]} />
  </svg>
)

/** A button with an icon, whose name is read and shown as a tooltip. */
export const IconButton = ({
  icon,
  label,
  ...rest
}: {
  readonly icon: keyof typeof paths
  readonly label: string
  readonly onClick?: (() => void) | undefined
  readonly disabled?: boolean | undefined
  readonly tabIndex?: number | undefined
  readonly "aria-expanded"?: boolean | undefined
  readonly className?: string | undefined
}) => (
  <button
    type="button"
    aria-label={label}
    title={label}
    {...rest}
    className={`plain icon-button ${rest.className ?? ""}`}
  >
    <Icon name={icon} />
  </button>
)
