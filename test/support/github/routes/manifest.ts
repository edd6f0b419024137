import { notFound } from '../refusal.ts';
import { renderApp } from '../render.ts';
import type { Answer, Call, Routes } from '../route.ts';

export const manifestRoutes: Routes = {
  'POST /app-manifests/{code}/conversions': { needs: 'anyone', serve: convert },
};

/** The code that the browser brought becomes the App's credentials: once, within an hour. */
function convert({ world, params }: Call): Answer {
  const { state, urls } = world;
  const code = String(params['code']);
  const kept = state.manifestCodes.get(code);
  state.manifestCodes.delete(code);
  if (kept === undefined || kept.expiresAtMs <= world.now()) throw notFound();
  const { app } = kept;
  state.app = app;
  return {
    status: 201,
    body: {
      ...renderApp(app, urls),
      client_secret: app.clientSecret,
      webhook_secret: app.webhookSecret,
      pem: app.privateKey,
    },
  };
}
