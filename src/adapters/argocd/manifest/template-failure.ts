/** The template, or what it renders, can't be used. The message says where, why, and what must be so. */
export class TemplateFailure extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'TemplateFailure';
  }
}
