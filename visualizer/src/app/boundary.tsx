import { Component, type ReactNode } from 'react';

/** Shows what went wrong in a view in its place; the rest of the page goes on. */
export class Boundary extends Component<{ message: string; children: ReactNode }, { error?: Error }> {
  override state: { error?: Error } = {};

  static getDerivedStateFromError(error: Error) {
    return { error };
  }

  override render() {
    const { error } = this.state;
    if (!error) return this.props.children;
    return (
      <div className="empty" role="alert">
        <p>{this.props.message}</p>
        <pre>{error.message}</pre>
      </div>
    );
  }
}
