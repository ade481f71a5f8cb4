/** An object stands where one of ours should, and is somebody else's: it is neither adopted nor changed nor deleted. */
export class NotOurs extends Error {
  /** @param description `Namespace env-x`, for people */
  constructor(description: string) {
    super(`${description} is there already and was not made by this Blueberry`);
    this.name = 'NotOurs';
  }
}
