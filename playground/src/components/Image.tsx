import { SafeLink } from "./SafeLink.js"

/** An image that a message carries itself. Any other would be a request to another server, so it is a link. */
export const Image = ({ alt, url }: { readonly url: string; readonly alt: string }) =>
  /^data:image\//i.test(url) ? (
    <img className="message-image" src={url} alt={alt === "" ? "Image of the message" : alt} />
  ) : (
    <SafeLink href={url}>{alt === "" ? url : `Image: ${alt}`}</SafeLink>
  )
