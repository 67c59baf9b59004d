// Judges what promptfoo asks of a grading model, without one: C is the same, D is not.
import { isDeepStrictEqual } from "node:util";

export default class {
  id() {
    return "judge";
  }

  async callApi(prompt, { vars }) {
    const asked = JSON.parse(prompt).at(-1).content;
    if (!asked.includes(`<expert_answer>\n${vars.ideal}\n</expert_answer>`))
      return { error: `Not asked of ${vars.ideal}: ${asked}` };
    // promptfoo parses an answer that is JSON before it shows it to the judge.
    const { completion, ideal } = vars;
    const wanted = typeof completion === "string" ? ideal : JSON.parse(ideal);
    const category = isDeepStrictEqual(completion, wanted) ? "C" : "D";
    return { output: JSON.stringify({ category, reason: "letter by letter" }) };
  }
}
