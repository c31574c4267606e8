declare module '*/views.toml' {
  /** A part of a picture: its box, or the middle of it at an aspect (across, down). */
  type ListedCrop =
    | { readonly name: string; readonly box: [number, number, number, number] }
    | { readonly name: string; readonly aspect: [number, number] };
  const listed: readonly ListedCrop[];
  export default listed;
}
