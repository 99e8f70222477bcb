// What stands in a conversation where an image was, for models that cannot see.

/** Put in place of each image that is not sent. */
export function imageNote(model: string): string {
  return `[image left out: the model "${model}" cannot see images]`;
}

/** A text with one note for each image that is left out after it. */
export function withImageNotes(text: string, images: number, model: string): string {
  const notes = Array<string>(images).fill(imageNote(model));
  return [...(text === "" ? [] : [text]), ...notes].join("\n");
}
