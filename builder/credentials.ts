/**
 * What must be masked of a Git URL with credentials: the password, also as it is spelled in the URL; the user's
 * name only when it stands alone, because then it is the token (`https://TOKEN@host/`).
 */
export function credentialsOf(url: string): string[] {
  if (!URL.canParse(url)) return [];
  const { username, password } = new URL(url);
  const secret = password === '' ? username : password;
  return secret === '' ? [] : [...new Set([secret, decode(secret)])];
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
