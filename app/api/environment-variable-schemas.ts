import { z } from '@hono/zod-openapi';
import { idSchema } from '../../contracts/ids.ts';
import {
  newVariableSchema,
  variableImportSchema,
  variableNameSchema,
  variablePlaceFields,
} from '../domain/environment-variable-requests.ts';
import { branchSchema } from '../domain/project-requests.ts';
import { slugParams, timeSchema } from './schemas.ts';

export const newVariableBody = newVariableSchema.extend({}).openapi('NewEnvironmentVariable');
export const variableImportBody = variableImportSchema.extend({}).openapi('EnvironmentVariableImport');

export const variableSchema = z
  .strictObject({
    id: idSchema,
    name: z.string(),
    environment: variablePlaceFields.environment.unwrap(),
    branch: z.string().nullable(),
    createdAt: timeSchema,
    updatedAt: timeSchema.openapi({ description: 'When its value was last set.' }),
  })
  .openapi('EnvironmentVariable');
export const variableListSchema = z
  .strictObject({ items: z.array(variableSchema) })
  .openapi('EnvironmentVariableList');

export const variableParams = slugParams.extend({ name: z.string().openapi({ example: 'CMS_TOKEN' }) });
/** As variableParams, for what is about to have that name. */
export const newVariableParams = slugParams.extend({ name: variableNameSchema });
/** Of the variable that is meant: one without them is another one. */
export const variablePlaceQuery = z.object({
  environment: z.enum(['production', 'preview']).optional(),
  branch: branchSchema.optional(),
});
