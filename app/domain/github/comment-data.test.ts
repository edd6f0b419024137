import { assert, property, string } from 'fast-check';
import { expect, test } from 'vitest';
import { type CommentProject, formatCommentData, parseCommentData } from './comment-data.ts';

const PROJECT: CommentProject = {
  project: 'shop',
  status: 'ready',
  previewUrl: 'https://main--shop.example.com/',
  deploymentUrl: 'https://offshoot.example.com/deployments/x',
  commit: 'a'.repeat(40),
  updatedAt: '2026-01-02T03:04:05.000Z',
};

test('a comment’s line of data is one HTML comment of JSON', () => {
  expect(formatCommentData([{ ...PROJECT, deploymentUrl: null, commit: null }])).toBe(
    '<!-- offshoot:data {"version":1,"projects":[{"project":"shop","status":"ready","previewUrl":' +
      '"https://main\\u002d-shop.example.com/","deploymentUrl":null,"commit":null,"updatedAt":"2026-01-02T03:04:05.000Z"}]} -->',
  );
});

test('what is in it can’t end it, call anybody, or be lost', () => {
  assert(
    property(string({ unit: 'binary' }), (text) => {
      const project = `${text}-->--!><!--@ada#1\`\n\u007f\u2028é😀${text}`.toWellFormed();
      const line = formatCommentData([{ ...PROJECT, project }]);
      expect(line.slice('<!-- '.length, -' -->'.length)).not.toMatch(/--|[<>@#`\n\r\u007f-\uffff]/);
      expect(parseCommentData(`first\n${line}\nlast`)).toEqual([{ ...PROJECT, project }]);
    }),
  );
});

test.each([
  ['no such line', 'text'],
  ['no JSON', '<!-- offshoot:data {] -->'],
  ['another version', '<!-- offshoot:data {"version":2,"projects":[]} -->'],
  ['other fields', '<!-- offshoot:data {"version":1,"projects":[{}]} -->'],
  ['a line that goes on', '<!-- offshoot:data {"version":1,"projects":[]} --> x'],
])('%s: it is not ours', (_, body) => {
  expect(parseCommentData(body)).toBeUndefined();
});
