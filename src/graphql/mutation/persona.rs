//! Mutations of personas.

use async_graphql::{Context, Object};

use crate::{
    domain::AgentId,
    graphql::{
        context::ContextExt,
        error::Result,
        persona::{
            Persona, RebuildPersonaInput, RebuildPersonaPayload, UpdatePersonaInput,
            UpdatePersonaPayload,
        },
    },
};

/// The mutations of personas.
#[derive(Default)]
pub(super) struct PersonaMutations;

#[Object]
impl PersonaMutations {
    /// Changes the persona of a digital expert. Requires the role ADMIN.
    async fn update_persona(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The changes.")] input: UpdatePersonaInput,
    ) -> Result<UpdatePersonaPayload> {
        let persona = ctx
            .services()?
            .personas
            .update(ctx.actor()?, input.input()?)
            .await?;
        Ok(UpdatePersonaPayload {
            persona: Persona(persona),
        })
    }

    /// Builds the persona of a digital expert again, from every document. Requires the role ADMIN.
    async fn rebuild_persona(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The persona to build again.")] input: RebuildPersonaInput,
    ) -> Result<RebuildPersonaPayload> {
        let id = AgentId::parse("input.agentId", &input.agent_id)?;
        let persona = ctx.services()?.personas.rebuild(ctx.actor()?, id).await?;
        Ok(RebuildPersonaPayload {
            persona: Persona(persona),
        })
    }
}
