import styles from './signin.module.css'

type Shape = { d: string; stroke: string | null; fill: string | null }

/** Takes only the shapes of the picture: nothing else of what arrived reaches the page. */
const shapesOf = (svg: string): { viewBox: string; shapes: Shape[] } => {
  const root = new DOMParser().parseFromString(svg, 'image/svg+xml').documentElement
  const shapes = [...root.querySelectorAll('path')].map((path) => ({
    d: path.getAttribute('d') ?? '',
    stroke: path.getAttribute('stroke'),
    fill: path.getAttribute('fill'),
  }))
  return { viewBox: root.getAttribute('viewBox') ?? '0 0 1 1', shapes }
}

/** A QR code, dark on light in both colour schemes so that cameras read it. */
export const QrCode = ({ svg, label }: { svg: string; label: string }) => {
  const { viewBox, shapes } = shapesOf(svg)
  return (
    <svg className={styles.qr} viewBox={viewBox} shapeRendering="crispEdges">
      <title>{label}</title>
      {shapes.map(({ d, stroke, fill }) => (
        <path key={d} d={d} fill={fill ?? 'none'} stroke={stroke ?? undefined} />
      ))}
    </svg>
  )
}
